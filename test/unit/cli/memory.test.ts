/**
 * Loading a target’s memory after a kill: the next snapshot must be compared with the snapshot up to which
 * the counters count.
 */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRemembered, saveRemembered } from '../../../src/cli/memory.ts';
import type { DriftRecord } from '../../../src/drift/events.ts';
import { newLearner } from '../../../src/drift/learner.ts';
import { formatSnapshot } from '../../../src/drift/snapshot.ts';
import { emptyMemory, type Memory } from '../../../src/drift/transition.ts';
import { openStore } from '../../../src/store/open.ts';
import { saveLastSnapshot, snapshotFingerprint, targetDirectory } from '../../../src/store/target-files.ts';
import { noon, scratch } from '../store/scratch.ts';
import { driftRecord } from '../tell/states.ts';

const api = { name: 'api', workspace: '/src/api' };
const key = 'api@/src/api';
const entriesWith = (flags: string) =>
  new Map([
    ['cache.entries', '7'],
    ['env.GOFLAGS', flags],
  ]);
const textWith = (flags: string) => formatSnapshot(entriesWith(flags), noon);
const countersOf = (minor: number): Memory['counters'] => ({
  changes: { env: { minor } },
  lastChange: { env: noon },
});

/** Opens a store whose memory of `api` counts 4 changes up to the snapshot with `-a`. */
async function counting() {
  const store = await openStore(path.join(await scratch(), 'state'), { now: () => noon });
  if ('busy' in store) throw new Error(store.why);
  onTestFinished(() => store.close());
  const kept = {
    memory: { ...emptyMemory, counters: countersOf(4) },
    learner: newLearner,
    last: textWith('-a'),
  };
  expect(await saveRemembered(store.state, api, kept, 0)).toMatchObject({ ok: true });
  const load = async () => {
    const { last, memory } = await loadRemembered(store.state, api, noon, (problem) => expect.fail(problem));
    return { last, counters: memory.counters };
  };
  const line: DriftRecord = {
    ...driftRecord,
    facets: ['env'],
    counters: countersOf(5),
    counted_snapshot: snapshotFingerprint(textWith('-b')),
  };
  return { store, kept, load, line };
}

test('killed before the journal line: the snapshot of the memory is used, although the next one is stored', async () => {
  const { store, load } = await counting();
  await saveLastSnapshot(store.state, key, textWith('-b'));
  expect(await load()).toEqual({ last: entriesWith('-a'), counters: countersOf(4) });
});

test('killed between the journal line and the memory: counters and snapshot are those of the line', async () => {
  const { store, load, line } = await counting();
  await saveLastSnapshot(store.state, key, textWith('-b'));
  await store.keep(line);
  expect(await load()).toEqual({ last: entriesWith('-b'), counters: countersOf(5) });
});

test('a line whose snapshot could not be stored is not counted again', async () => {
  const { store, load, line } = await counting();
  await store.keep(line);
  expect(await load()).toEqual({ last: new Map([['cache.entries', '7']]), counters: countersOf(5) });
});

test('a line of an older version, which names no snapshot, is used with the snapshot of the memory', async () => {
  const { store, load, line } = await counting();
  const { counted_snapshot: _, ...older } = line;
  await store.keep(older);
  expect(await load()).toEqual({ last: entriesWith('-a'), counters: countersOf(5) });
});

test('saving a memory removes all snapshots but its own', async () => {
  const { store, kept, load } = await counting();
  const directory = targetDirectory(store.state, key);
  await mkdir(directory, { recursive: true });
  await writeFile(path.join(directory, 'last.snapshot'), textWith('-0'));
  await saveRemembered(store.state, api, { ...kept, last: textWith('-b') }, 0);
  expect(await load()).toEqual({ last: entriesWith('-b'), counters: countersOf(4) });
  const snapshots = (await readdir(directory)).filter((name) => name.endsWith('.snapshot'));
  expect(snapshots).toEqual([`last-${snapshotFingerprint(textWith('-b')).slice(7, 23)}.snapshot`]);
});
