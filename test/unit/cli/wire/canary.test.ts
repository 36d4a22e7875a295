/** The canary file of the state directory, with a timer that the test fires by hand. */
import { expect, it } from 'vitest';
import { canaryEveryMs, keepCanary } from '../../../../src/cli/wire/canary.ts';
import { probeOf } from '../../../../src/host/probe.ts';
import { watchFiles } from '../../../../src/host/watch.ts';
import { attempt, openStateDirectory } from '../../../../src/store/state-directory.ts';
import { scratch } from '../../store/scratch.ts';

it('is reported by the file watcher, and pauses while the state directory is not writable', async () => {
  const state = await openStateDirectory(await scratch());
  const due: { ms: number; run: () => void }[] = [];
  const canary = keepCanary(
    state,
    (ms, run) => {
      due.push({ ms, run });
      return () => due.splice(0);
    },
    () => 7,
  );
  expect(canary.changed()).toBeUndefined();
  expect(due).toMatchObject([{ ms: canaryEveryMs }]);
  const announced = new Promise<string>((resolve) => {
    const watcher = watchFiles((file) => {
      watcher.close();
      resolve(file);
    });
    watcher.set([probeOf(state.path)]);
  });
  due.shift()?.run();
  expect(await announced).toBe(probeOf(state.path));
  await expect.poll(() => due.length).toBe(1);
  expect(canary.changed()).toBe(7);

  // The disk is full: retrying is left to the store, since each attempt counts as an error.
  await attempt(state, 'a file', () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })));
  expect(state.writable).toBe(false);
  due.shift()?.run();
  expect(state.errors).toBe(1);
  expect(due).toHaveLength(1);
  canary.stop();
  expect(due).toEqual([]);
});
