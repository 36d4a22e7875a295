/**
 * State directories written by earlier versions, kept in test/fixtures/state: this version reads all of them,
 * continues with them, and leaves nothing behind that it could not read itself. The format that it writes is
 * compared with the newest of them, so that no format changes unnoticed.
 */
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadRemembered } from '../../../src/cli/memory.ts';
import { readPresent } from '../../../src/cli/rollback/prepare.ts';
import { transition } from '../../../src/drift/transition.ts';
import { sha256Hex } from '../../../src/host/digest.ts';
import { approvedBytes, readRecords } from '../../../src/store/approved/approved.ts';
import { lookIntoJournal } from '../../../src/store/approved/intact.ts';
import { recordInForce } from '../../../src/store/approved/named.ts';
import { peekExemptions } from '../../../src/store/exemptions.ts';
import {
  generationNames,
  generationStore,
  pendingOf,
  timesOf,
  whyStoreLeft,
} from '../../../src/store/generations.ts';
import { goneSince } from '../../../src/store/gone.ts';
import { appendJournal, journalDirectory, readJournal, verifyJournal } from '../../../src/store/journal.ts';
import { loadNotified } from '../../../src/store/notified.ts';
import { openStore } from '../../../src/store/open.ts';
import { readTargetBaselines } from '../../../src/store/peek.ts';
import type { Recorder } from '../../../src/store/record-exemption.ts';
import { keptRollbacks } from '../../../src/store/rollbacks.ts';
import { openSecretKey } from '../../../src/store/secret-key.ts';
import { loadTargetChanges } from '../../../src/store/target-changes.ts';
import { memoryFile, readWitnesses } from '../../../src/store/witness.ts';
import { peekMemory } from '../../../src/undo/keep-memory.ts';
import { keptPlanSchema } from '../../../src/undo/kept-plan.ts';
import { memorySchema } from '../../../src/undo/memory.ts';
import { planRollback } from '../../../src/undo/plan.ts';
import { recoverRollbacks, runRollback } from '../../../src/undo/run.ts';
import { asked, signature, trace } from '../undo/recording.ts';
import { noon, scratch } from './scratch.ts';
import {
  api,
  approvedText,
  driftedApi,
  type FrozenState,
  fixedEmitter,
  freeze,
  thaw,
  writeState,
} from './written-state.ts';

const folder = path.resolve(import.meta.dirname, '../../fixtures/state');
const numberOf = (name: string) => Number(/^v(\d+)\.json$/.exec(name)?.[1]);
const names = readdirSync(folder).sort((a, b) => numberOf(a) - numberOf(b));
const frozen = (name: string): FrozenState => JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
const web = { name: 'web', workspace: '/nonexistent/src/web' };

/** Writes a fixture into a directory of its own. */
async function thawed(name: string) {
  const top = realpathSync(await scratch());
  thaw(frozen(name), top);
  return { top, state: path.join(top, 'state'), generations: generationStore(path.join(top, 'go-build')) };
}

/** Opens a state directory as an exporter does, for the time of one piece of work. */
async function holding<T>(state: string, work: (recorder: Recorder) => Promise<T>): Promise<T> {
  const store = await openStore(state, { now: () => noon + 60_000 });
  if ('busy' in store) throw new Error(store.why);
  try {
    const journal = store.journal();
    if (journal === undefined) throw new Error(store.unheld());
    expect((await store.cursor('otlp')).healed).toBeUndefined();
    return await work({
      state: store.state,
      journal,
      now: () => noon + 60_000,
      report: (why) => expect.fail(why),
    });
  } finally {
    await store.close();
  }
}

/** Reads the whole state directory; fails if anything is damaged, of another version, or missing. */
async function readAll(state: string) {
  const aside = readdirSync(state, { recursive: true }).filter((one) => String(one).includes('.corrupt'));
  const { witnesses, left } = readWitnesses(state);
  expect([...aside, ...left]).toEqual([]);
  expect(witnesses.map(({ by }) => by.replace(/-[0-9a-f]{16}/, ''))).toEqual([
    'cursors/otlp.json',
    'targets/api_nonexistent_src_api/state.json',
    'targets/web_nonexistent_src_web/state.json',
    'rollback-memory.json',
  ]);
  expect(await verifyJournal(journalDirectory(state), witnesses)).toMatchObject({ ok: true, confirmed: 1 });
  expect(await lookIntoJournal(state, api).whyNotIntact()).toBeUndefined();
  expect(readRecords(state, api).left).toEqual([]);
  const { digest, record } = await recordInForce(state, api);
  const [entry] = record.entries;
  expect(entry?.state.kind === 'file' && approvedBytes(state, api, entry.state.sha256).toString()).toBe(
    approvedText,
  );
  expect(readTargetBaselines(state, api)).toMatchObject({
    accepted: { record: digest, who: 'ann' },
    lost: [],
  });
  expect(readTargetBaselines(state, web)).toMatchObject({ learned: { time: noon }, lost: [] });
  expect(goneSince(state, web)).toBe(noon);
  // Read the file itself: without it, peekMemory would rebuild the memory from the journal, as long as that
  // is whole.
  memorySchema.parse(JSON.parse(readFileSync(memoryFile(state), 'utf8')));
  const memory = await peekMemory(state);
  expect(memory.paused).toMatchObject({ who: 'ann' });
  const exempt = peekExemptions(state);
  expect(exempt).toMatchObject({ value: { waivers: [{ who: 'ann' }], deployments: [{ who: 'ci' }] } });
  expect(exempt.problem).toBeUndefined();
  return { memory, record };
}

const lines = async (state: string) => {
  const found = [];
  for await (const { record } of readJournal(journalDirectory(state))) found.push(record);
  return found;
};

describe.each(names)('the state of %s', (name) => {
  it('is read completely', async () => {
    const { state, generations } = await thawed(name);
    const { memory } = await readAll(state);
    expect(memory.open.map(({ id }) => id)).toEqual(['0', '1', '2'].map((id) => id.padStart(16, '0')));
    const { kept } = keptRollbacks(state, keptPlanSchema);
    const intents = (await lines(state)).filter(({ type }) => type === 'intent');
    expect(kept.map(({ digest }) => digest)).toEqual(intents.map(({ plan }) => plan));
    expect(kept.map(({ plan }) => plan?.steps.map(({ kind }) => kind))).toEqual([
      ['restore-link'],
      ['make-tree'],
      ['restore-file'],
    ]);
    expect(kept[2]?.bytes(sha256Hex(approvedText))?.toString()).toBe(approvedText);
    expect(whyStoreLeft(generations)).toBeUndefined();
    expect([generationNames(generations), timesOf(generations), pendingOf(generations)]).toMatchObject([
      ['g1', 'g2'],
      { g1: { left: noon }, g2: { made: noon } },
      { action: 'swap', generation: 'g2', from: 'g1', unwanted: ['f'.repeat(64)] },
    ]);
    await holding(state, async ({ state: opened }) => {
      const { key } = await openSecretKey(opened, noon);
      const held = frozen(name)['state/key'];
      expect(Buffer.from(key)).toEqual(
        typeof held === 'object' ? Buffer.from(held.base64, 'base64') : undefined,
      );
      expect((await loadNotified(opened, 'hook api', noon)).value?.told).toHaveLength(1);
      expect((await loadTargetChanges(opened, noon)).value).toMatchObject([
        { target: 'web', facets: ['env'] },
      ]);
    });
  });

  it('is continued: an open drift is not reported again, and its end belongs to the same trace', async () => {
    const { state } = await thawed(name);
    const { memory } = await holding(state, ({ state: opened }) =>
      loadRemembered(opened, api, noon, (problem) => expect.fail(problem)),
    );
    expect(transition(memory, driftedApi, [], fixedEmitter()).records).toEqual([]);
    const { env } = driftedApi.facets;
    const well = { ...env, drift: { ...env?.drift, level: 'none', changes: [] } };
    const ended = transition(memory, { ...driftedApi, facets: { env: well } } as never, [], fixedEmitter());
    const [onset] = (await lines(state)).filter(({ type }) => type === 'drift');
    expect(ended.records).toMatchObject([{ type: 'resolved', trace_id: onset?.['trace_id'] }]);
    await holding(state, async ({ journal }) => {
      for (const one of ended.records) expect((await appendJournal(journal, one)).ok).toBe(true);
    });
    await readAll(state);
  });

  it('can be rolled back to once its interrupted rollbacks are ended, and is then read completely again', async () => {
    const { top, state } = await thawed(name);
    const { record } = await readAll(state);
    const home = path.join(top, 'home');
    mkdirSync(home);
    writeFileSync(path.join(home, 'env'), 'GOFLAGS=-mod=mod\n', { mode: 0o644 });
    const own = { uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
    // The approved entries, moved to a place that this test may write to.
    const entries = record.entries.map((entry) => ({
      ...entry,
      path: path.join(home, entry.name),
      directory: home,
      state: { ...entry.state, ...own },
    }));
    const present = await readPresent({ entries });
    const approved = (digest: string) => approvedBytes(state, api, digest);
    const plan = planRollback({ facet: 'env', record: { ...record, entries }, approved, present }, sha256Hex);
    expect(plan.steps.map(({ kind }) => kind)).toEqual(['restore-file']);
    await holding(state, async (recorder) => {
      const ended = await recoverRollbacks(recorder, async () => signature);
      // The last rollback is of a file of uid 1000, which may belong to another user here.
      expect(ended.map(({ result }) => result).slice(0, 2)).toEqual(['undone', 'undone']);
      expect(ended).toHaveLength(3);
      const [now] = present.entries.values();
      const before = new Map([
        [now?.state.kind === 'file' ? now.state.sha256 : '', now?.bytes ?? Buffer.alloc(0)],
      ]);
      const run = { recorder, signature, asked, trace, before, verify: async () => undefined };
      expect(await runRollback(plan, run)).toMatchObject({ outcome: { result: 'applied' } });
    });
    expect(readFileSync(path.join(home, 'env'), 'utf8')).toBe(approvedText);
    expect((await readAll(state)).memory.open).toEqual([]);
    expect(readdirSync(path.join(state, 'rollbacks'))).toEqual([]);
  });
});

/**
 * Adds the paths and types of all values inside `value` to `shape`; keeps the values of schema, kind and type
 * fields.
 */
function shapeOf(value: unknown, at: string, shape: Set<string>): void {
  if (Array.isArray(value)) for (const one of value) shapeOf(one, `${at}[]`, shape);
  else if (typeof value === 'object' && value !== null)
    for (const [key, one] of Object.entries(value)) shapeOf(one, `${at}.${key}`, shape);
  else shape.add(`${at}: ${/\.(?:schema|kind|type)$/.test(at) ? JSON.stringify(value) : typeof value}`);
}

/**
 * Returns the shape of every file, with digests in file names replaced by `*`: of a journal by line type, of
 * a snapshot its first word and version.
 */
function shapesOf(state: FrozenState): readonly string[] {
  const shape = new Set<string>();
  for (const [name, held] of Object.entries(state)) {
    const file = name.replaceAll(/[0-9a-f]{16,64}/g, '*');
    const text = typeof held === 'string' ? held : '';
    if (name.endsWith('.json')) shapeOf(JSON.parse(text), file, shape);
    else if (name.endsWith('.jsonl'))
      for (const line of text.trimEnd().split('\n')) {
        const { type, ...rest } = JSON.parse(line);
        shapeOf(rest, `${file} ${type}`, shape);
      }
    else shape.add(file.endsWith('.snapshot') ? `${file}: ${text.slice(0, '#SNAPSHOT v1'.length)}` : file);
  }
  return [...shape].sort();
}

it('the state that this version writes has the format of the newest fixture', async () => {
  const top = await scratch();
  await writeState(top);
  const newest = names.at(-1) ?? '';
  const [now, known] = [shapesOf(freeze(top)), shapesOf(frozen(newest))];
  const changes = [
    ...now.filter((one) => !known.includes(one)).map((one) => `+ ${one}`),
    ...known.filter((one) => !now.includes(one)).map((one) => `- ${one}`),
  ];
  const todo = `this version writes the state differently from ${newest}. If that is intended: make sure that older states are still read (or migrated), keep the new format with npm run freeze-state v${numberOf(newest) + 1}, and leave the old files as they are`;
  expect(changes, todo).toEqual([]);
  rmSync(top, { recursive: true, force: true });
});
