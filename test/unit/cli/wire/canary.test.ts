/** The canary: a file of the state directory that comes and goes each minute while that can be written. The clock is turned by hand. */
import { expect, it } from 'vitest';
import { canaryEveryMs, keepCanary } from '../../../../src/cli/wire/canary.ts';
import { probeOf } from '../../../../src/host/probe.ts';
import { watchFiles } from '../../../../src/host/watch.ts';
import { attempt, openStateDirectory } from '../../../../src/store/state-directory.ts';
import { scratch } from '../../store/scratch.ts';

it('is announced as any change is, and waits for a state directory that can be written', async () => {
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

  // A disk that is full: the store tries again by itself, and each try counts as an error.
  await attempt(state, 'a file', () => Promise.reject(Object.assign(new Error('full'), { code: 'ENOSPC' })));
  expect(state.writable).toBe(false);
  due.shift()?.run();
  expect(state.errors).toBe(1);
  expect(due).toHaveLength(1);
  canary.stop();
  expect(due).toEqual([]);
});
