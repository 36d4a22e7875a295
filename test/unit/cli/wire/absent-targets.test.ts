/** A target that is renamed or taken out of the configuration leaves no drift behind that never ends. */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { loadRemembered, saveRemembered } from '../../../../src/cli/memory.ts';
import { endAbsent } from '../../../../src/cli/wire/absent-targets.ts';
import type { DriftRecord, JournalEvent } from '../../../../src/drift/events.ts';
import { nothingRemembered } from '../../../../src/drift/step-data.ts';
import { type Emitter, emptyMemory, replay } from '../../../../src/drift/transition.ts';
import { eventOf, journalDirectory, readJournal } from '../../../../src/store/journal.ts';
import { openStore, type Store } from '../../../../src/store/open.ts';
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

/** A state in which `api` drifts, as a life of the exporter left it; `saved`: not only its journal knows. */
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
  endAbsent({ store, targets, emitter, now: () => noon + 60_000, report: (problem) => expect.fail(problem) });

async function events(store: Store): Promise<readonly JournalEvent[]> {
  const found: JournalEvent[] = [];
  for await (const line of readJournal(journalDirectory(store.state.path))) found.push(eventOf(line));
  return found;
}

test.each([
  [
    'renamed',
    [{ name: 'web', workspace: '/src/api' }],
    'the target is not observed any more: its workspace is observed as web',
  ],
  ['taken out', [{ name: 'web', workspace: '/src/web' }], 'the target is not observed any more'],
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
    // Should it come back, nothing is open, and its counters go on.
    const { memory } = await loadRemembered(store.state, api, noon, (problem) => expect.fail(problem));
    expect(memory).toEqual({ open: {}, counters });
  }
});

test('what is observed is left alone', async () => {
  const store = await drifting();
  await end(store, api, { name: 'web', workspace: '/src/web' });
  expect(await events(store)).toHaveLength(1);
});

test('counters of a state that was lost are those of the last line that tells them', async () => {
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
