/**
 * The drifts of targets that are renamed or removed from the configuration end, and the state of gone targets
 * is bounded.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRemembered, saveRemembered } from '../../../../src/cli/memory.ts';
import { endAbsent } from '../../../../src/cli/wire/absent-targets.ts';
import { forgetOldest, recordDirectories } from '../../../../src/cli/wire/gone-targets.ts';
import type { DriftRecord, JournalEvent } from '../../../../src/drift/events.ts';
import { nothingRemembered } from '../../../../src/drift/step-data.ts';
import { type Emitter, emptyMemory, replay } from '../../../../src/drift/transition.ts';
import { saveBaseline } from '../../../../src/store/baselines.ts';
import { goneSince, goneTargets, placesIn } from '../../../../src/store/gone.ts';
import { eventOf, journalDirectory, readJournal } from '../../../../src/store/journal.ts';
import { openStore } from '../../../../src/store/open.ts';
import { hasBaseline, storeKey } from '../../../../src/store/peek.ts';
import type { Store } from '../../../../src/store/store.ts';
import { noon, scratch } from '../../store/scratch.ts';
import { driftRecord } from '../../tell/states.ts';

const emitter: Emitter = {
  resource: { 'host.id': 'later' },
  version: '0.1.0',
  randomId: (bytes) => 'c'.repeat(bytes * 2),
  digest: (text) => text,
};
const counters = { changes: { env: { minor: 5 } }, lastChange: { env: noon } };
const api = { name: 'api', workspace: '/src/api' };

/**
 * Opens a store as an earlier process left it while `api` drifted. With `saved` the drift is in the saved
 * memory, otherwise in the journal only.
 */
async function drifting({ saved = true } = {}) {
  const directory = path.join(await scratch(), 'state');
  const store = await openStore(directory, { now: () => noon });
  if ('busy' in store) throw new Error(store.why);
  onTestFinished(() => store.close());
  const onset: DriftRecord = { ...driftRecord, counters, resource: { 'host.id': 'first' } };
  await store.keep(onset);
  const memory = saved ? replay(emptyMemory, onset) : emptyMemory;
  await saveRemembered(store.state, api, { learner: nothingRemembered.learner, memory }, saved ? 1 : 0);
  return store;
}

const end = (store: Store, ...targets: readonly { name: string; workspace: string }[]) =>
  endAbsent({
    store,
    targets,
    emitter,
    now: () => noon + 60_000,
    isObserved: () => false,
    isUnsure: () => false,
    report: (problem) => expect.fail(problem),
  });

async function events(store: Store): Promise<readonly JournalEvent[]> {
  const found: JournalEvent[] = [];
  for await (const line of readJournal(journalDirectory(store.state.path))) found.push(eventOf(line));
  return found;
}

test.each([
  [
    'renamed',
    [{ name: 'web', workspace: '/src/api' }],
    'the target is no longer observed: its workspace is now observed as web',
  ],
  ['removed', [{ name: 'web', workspace: '/src/web' }], 'the target is no longer observed'],
])('the drift of a target that was %s ends with the reason, once', async (_, targets, why) => {
  for (const saved of [true, false]) {
    const store = await drifting({ saved });
    await end(store, ...targets);
    await end(store, ...targets);
    const [, ...told] = await events(store);
    expect(told).toMatchObject([
      {
        type: 'resolved',
        target: 'api',
        facets: ['toolchain', 'env'],
        why,
        trace_id: driftRecord.trace_id,
        parent_span_id: driftRecord.span_id,
        fingerprint_old: driftRecord.fingerprint_old,
        resource: { 'host.id': 'first' },
        counters,
      },
    ]);
    // If the target comes back it has no open drift, and its counters continue.
    const { memory } = await loadRemembered(store.state, api, noon, (problem) => expect.fail(problem));
    expect(memory).toEqual({ open: {}, counters });
  }
});

test('an observed target is left alone', async () => {
  const store = await drifting();
  await end(store, api, { name: 'web', workspace: '/src/web' });
  expect(await events(store)).toHaveLength(1);
});

test('the counters of a lost state are restored from the journal', async () => {
  const store = await drifting();
  const [id = ''] = readdirSync(path.join(store.state.path, 'targets'));
  const file = path.join(store.state.path, 'targets', id, 'state.json');
  expect(existsSync(file)).toBe(true);
  expect(readFileSync(file, 'utf8')).toContain('"journalSeq":1');
  writeFileSync(file, '{');
  const said: string[] = [];
  const { memory } = await loadRemembered(store.state, api, noon, (problem) => said.push(problem));
  expect(said).toHaveLength(1);
  expect(memory.counters).toEqual(counters);
  expect(Object.keys(memory.open)).toEqual(['toolchain', 'env']);
});

test('a target whose directory could not be read is not gone', async () => {
  const store = await drifting();
  const report = (problem: string) => expect.fail(problem);
  const nobody = { isObserved: () => false, isUnsure: () => true };
  await endAbsent({ store, targets: [], emitter, now: () => noon, ...nobody, report });
  expect(await events(store)).toHaveLength(1);
  expect(goneSince(store.state.path, api)).toBeUndefined();
});

test('at the next start, observed targets rank before gone ones, and those with an open drift before those without', async () => {
  const store = await drifting();
  const place = () => placesIn(store.state.path)(api);
  expect(place()).toBe(4);
  await recordDirectories(store, { came: [], went: [api] }, () => noon);
  expect(place()).toBe(2);
  await recordDirectories(store, { came: [api], went: [] }, () => noon);
  expect(place()).toBe(4);
  await end(store);
  expect([place(), goneSince(store.state.path, api)]).toEqual([1, noon + 60_000]);
  await end(store, api);
  expect(place()).toBe(3);
  expect(placesIn(store.state.path)({ ...api, workspace: '/other' })).toBe(0);
});

test('forgets the oldest of too many gone targets: never an accepted baseline, and open drifts last, after ending them', async () => {
  const store = await drifting();
  const target = (index: number) => ({ name: `t${index}`, workspace: `/src/t${index}` });
  const baseline = { text: 'x', fingerprint: 'sha256:1', time: noon } as const;
  for (let index = 0; index < 6; index++) {
    const kind = index === 0 ? 'accepted' : 'learned';
    await saveBaseline(store.state, storeKey(target(index)), { kind, ...baseline });
    await recordDirectories(store, { came: [], went: [target(index)] }, () => noon + 1_000 + index);
  }
  await recordDirectories(store, { came: [], went: [api] }, () => noon);
  const said: string[] = [];
  const forget = (most: number) =>
    forgetOldest(
      {
        store,
        emitter,
        now: () => noon + 60_000,
        isObserved: () => false,
        report: (line) => said.push(line),
      },
      most,
    );
  const kept = () => goneTargets(store.state.path).map(({ name }) => name);
  await forget(6);
  expect([kept(), said]).toEqual([['api', 't1', 't2', 't3', 't4', 't5'], []]);
  await forget(4);
  expect(kept()).toEqual(['api', 't3', 't4', 't5']);
  expect(said).toEqual(['records of at most 4 gone targets are kept: forgot t1, t2']);
  expect(hasBaseline(store.state.path, target(1))).toBe(false);
  expect(await events(store)).toHaveLength(1);
  await forget(0);
  expect(kept()).toEqual([]);
  expect((await events(store))[1]).toMatchObject({
    type: 'resolved',
    target: 'api',
    why: 'the target is gone, and records of at most 0 gone targets are kept',
  });
  expect(readdirSync(path.join(store.state.path, 'targets')).map((id) => id.split('-')[0])).toEqual([
    't0_src_t0',
  ]);
});

test('a target that comes back while others are forgotten loses nothing, and its drift continues', async () => {
  const store = await drifting();
  const web = { name: 'web', workspace: '/src/web' };
  const baseline = { text: 'x', fingerprint: 'sha256:1', time: noon } as const;
  for (const target of [web, api]) {
    await saveBaseline(store.state, storeKey(target), { kind: 'learned', ...baseline });
    await recordDirectories(store, { came: [], went: [target] }, () => noon);
  }
  // `api` comes back once `web` is forgotten; its own mark is still there.
  const isObserved = ({ name }: { name: string }) => name === 'api' && !hasBaseline(store.state.path, web);
  const said: string[] = [];
  const report = (line: string) => said.push(line);
  await forgetOldest({ store, emitter, now: () => noon + 1, isObserved, report }, 0);
  expect(said).toEqual(['records of at most 0 gone targets are kept: forgot web']);
  expect(hasBaseline(store.state.path, api)).toBe(true);
  expect(await events(store)).toHaveLength(1);
});
