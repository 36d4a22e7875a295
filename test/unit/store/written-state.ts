/**
 * Writes a state directory with each kind of file in the format of this version, by the functions that the
 * exporter and its commands call, at a fixed time and with fixed ids. `npm run freeze-state NAME` keeps one
 * in test/fixtures/state for later versions to read (frozen-state.test.ts). All paths in it lie below
 * `/nonexistent`, so that they name nothing on any host.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { saveRemembered } from '../../../src/cli/memory.ts';
import type { JournalEvent, RollbackIntent } from '../../../src/drift/events.ts';
import { newLearner } from '../../../src/drift/learner.ts';
import { formatSnapshot } from '../../../src/drift/snapshot.ts';
import type { TargetState } from '../../../src/drift/state.ts';
import { type Emitter, emptyMemory, transition } from '../../../src/drift/transition.ts';
import { sha256Hex } from '../../../src/host/digest.ts';
import { acceptBaseline } from '../../../src/store/accept-baseline.ts';
import { writeApproved } from '../../../src/store/approved/approved.ts';
import { exemptionsFile, exemptionsText } from '../../../src/store/exemptions.ts';
import { begin, generationStore, keepTimes } from '../../../src/store/generations.ts';
import { markGone } from '../../../src/store/gone.ts';
import { appendJournal, journalHead } from '../../../src/store/journal.ts';
import { saveNotified } from '../../../src/store/notified.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Recorder } from '../../../src/store/record-exemption.ts';
import { keepRollback } from '../../../src/store/rollbacks.ts';
import { openSecretKey } from '../../../src/store/secret-key.ts';
import type { WriteResult } from '../../../src/store/state-directory.ts';
import { saveTargetChanges } from '../../../src/store/target-changes.ts';
import { replaceAndTell } from '../../../src/store/told-change.ts';
import { keepMemory } from '../../../src/undo/keep-memory.ts';
import { keptPlanOf, type RequestOrigin } from '../../../src/undo/kept-plan.ts';
import type { Plan } from '../../../src/undo/plan.ts';
import type { Step } from '../../../src/undo/step.ts';
import { quiet, quietFacet } from '../tell/states.ts';
import { noon } from './scratch.ts';

/** The target whose state is written, and the approved content of its settings file. */
export const api = { name: 'api', workspace: '/nonexistent/src/api' };
export const approvedText = 'GOFLAGS=-trimpath\n';
const home = '/nonexistent/home';

/** The target after it drifted. */
export const driftedApi: TargetState = {
  ...quiet,
  target: api.name,
  workspace: api.workspace,
  time: noon,
  entries: new Map([['env.GOFLAGS', '-mod=mod']]),
  facets: {
    env: {
      ...quietFacet('env'),
      drift: {
        level: 'minor',
        changeRatio: 0.5,
        semanticDistance: 0.5,
        added: 0,
        removed: 0,
        changed: 1,
        changes: [
          {
            facet: 'env',
            key: 'env.GOFLAGS',
            expected: '-trimpath',
            actual: '-mod=mod',
            weight: 0.5,
            level: 'minor',
          },
        ],
        cause: 'unknown',
        since: noon,
      },
    },
  },
};

/** Returns an emitter with counting ids. */
export function fixedEmitter(): Emitter {
  let ids = 0;
  return {
    resource: { 'service.name': 'godrift', 'host.id': 'h', 'host.name': 'builder' },
    version: '0.1.0',
    randomId: (bytes) => (++ids).toString(16).padStart(2 * bytes, '0'),
    digest: sha256Hex,
  };
}

const asked: RequestOrigin = { who: 'ann', mode: 'manual', trigger: 'cli', reason: 'as agreed' };
const trace = { traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) };
const fileOf = (text: string) =>
  ({
    kind: 'file',
    sha256: sha256Hex(text),
    size: text.length,
    mode: 0o644,
    uid: 1000,
    gid: 1000,
  }) as const;
const goenv = {
  role: 'goenv',
  path: `${home}/.config/go/env`,
  directory: `${home}/.config/go`,
  name: 'env',
} as const;

function sure<T>(result: WriteResult<T>): T {
  if (result.ok) return result.value;
  throw new Error(result.problem);
}

/** Approves the settings of {@link api}. */
async function approve(recorder: Recorder): Promise<void> {
  const snapshot = formatSnapshot(new Map([['env.GOFLAGS', '-trimpath']]), noon);
  const about = { target: api.name, workspace: api.workspace };
  const record = sure(
    await writeApproved(
      recorder.state,
      api,
      {
        schema: 1,
        ...about,
        time: noon,
        fingerprint: `sha256:${'c'.repeat(64)}`,
        who: 'ann',
        why: 'all well',
        conflicts: [{ rule: 'goflags-unknown', summary: 'GOFLAGS holds a flag' }],
        entries: [{ ...goenv, state: fileOf(approvedText) }],
      },
      snapshot,
      [Buffer.from(approvedText)],
    ),
  );
  const accepted = await acceptBaseline(recorder, {
    ...about,
    snapshot,
    reason: 'all well',
    who: 'ann',
    record,
  });
  if (!accepted.ok) throw new Error(accepted.problem);
}

/** Journals a rollback as a crash before its first step leaves it. */
async function interrupt({ state, journal }: Recorder, id: string, step: Step): Promise<void> {
  const plan: Plan = {
    target: api.name,
    workspace: api.workspace,
    facet: step.kind === 'make-tree' ? 'toolchain' : 'env',
    steps: [step],
    contents: new Map([[sha256Hex(approvedText), Buffer.from(approvedText)]]),
    refusals: [],
  };
  const kept = sure(await keepRollback(state, id, keptPlanOf(plan, asked, trace), plan.contents));
  const intent: RollbackIntent = {
    type: 'intent',
    operation: 'rollback',
    id,
    target: api.name,
    workspace: api.workspace,
    facets: [plan.facet],
    ...asked,
    plan: kept,
    steps: 1,
    files: [step.path],
    why: `rollback of ${plan.facet}`,
    trace_id: trace.traceId,
  };
  sure(await appendJournal(journal, intent));
}

const steps: readonly Step[] = [
  {
    kind: 'restore-link',
    role: 'toolchain-link',
    path: `${home}/go`,
    directory: home,
    name: 'go',
    before: { kind: 'absent' },
    after: { kind: 'link', to: 'sdk/go1.27.4' },
  },
  {
    kind: 'make-tree',
    tree: 'sdk',
    path: `${home}/sdk/go1.27.4`,
    directory: `${home}/sdk`,
    name: 'go1.27.4',
    before: { kind: 'absent' },
    after: { kind: 'tree', sha256: 'd'.repeat(64), files: 1, size: 1 },
    zip: `${home}/go/pkg/mod/cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.4.linux-amd64.zip`,
    prefix: 'golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64/',
    mode: 0o755,
    makes: [`${home}/sdk`],
  },
  {
    kind: 'restore-file',
    ...goenv,
    before: { kind: 'absent' },
    after: fileOf(approvedText),
    names: ['GOFLAGS'],
  },
];

const waiver = {
  id: '00000001',
  target: 'api',
  facet: 'tools',
  reason: 'until the move',
  who: 'ann',
  created: noon,
  expires: noon + 86_400_000,
} as const;
const deployment = { id: '00000002', target: 'api', time: noon, graceSeconds: 900, reason: 'v2', who: 'ci' };

/** Journal lines that have no effect on other files. */
const others: readonly JournalEvent[] = [
  { type: 'control', action: 'pause', who: 'ann', reason: 'a move' },
  { type: 'target', change: 'appeared', target: 'web', workspace: '/nonexistent/src/web' },
  {
    type: 'deployment',
    id: deployment.id,
    target: 'api',
    reason: 'v2',
    who: 'ci',
    grace_seconds: 900,
    at: noon,
  },
];

/** Writes the state into an empty directory: `state`, and `go-build.generations` of a build cache. */
export async function writeState(top: string): Promise<void> {
  const directory = path.join(top, 'state');
  mkdirSync(directory, { mode: 0o700 });
  const store = await openStore(directory, { now: () => noon });
  if ('busy' in store) throw new Error(store.why);
  const { state } = store;
  const journal = store.journal();
  if (journal === undefined) throw new Error(store.unheld());
  await openSecretKey(state, noon);
  const recorder: Recorder = { state, journal, now: () => noon, report: () => {} };
  await approve(recorder);
  const { memory, records } = transition(emptyMemory, driftedApi, [], fixedEmitter());
  for (const record of records) sure(await appendJournal(journal, record));
  for (const event of others) sure(await appendJournal(journal, event));
  const exempt = exemptionsText({ waivers: [waiver], deployments: [deployment] });
  const { created: _, expires, ...rest } = waiver;
  const told = { type: 'waiver', action: 'add', ...rest, expires: new Date(expires).toISOString() } as const;
  sure(await replaceAndTell(recorder, exemptionsFile(state.path), exempt, told));
  for (const [index, step] of steps.entries())
    await interrupt(recorder, String(index).padStart(16, '0'), step);
  const text = formatSnapshot(driftedApi.entries, noon);
  const learned = { text, fingerprint: `sha256:${'e'.repeat(64)}`, time: noon };
  const kept = { learner: newLearner, last: text };
  sure(await saveRemembered(state, api, { ...kept, memory, acceptedTold: noon }, journalHead(journal).seq));
  const web = { name: 'web', workspace: '/nonexistent/src/web' };
  sure(await saveRemembered(state, web, { ...kept, memory: emptyMemory, learned, learnedTold: noon }, 1));
  sure(await markGone(state, web, noon));
  await store.moveCursor('otlp', journalHead(journal));
  await keepMemory(
    state,
    () => noon,
    () => {},
  ).catchUp();
  const found = { id: 'f', labels: { target: 'api' }, summary: 'GOFLAGS', since: noon };
  sure(await saveNotified(state, 'hook api', { time: noon, told: [found] }, noon));
  sure(await saveTargetChanges(state, [{ target: 'web', workspace: web.workspace, facets: ['env'] }]));
  await store.close();
  await writeGenerations(path.join(top, 'go-build'));
}

async function writeGenerations(place: string): Promise<void> {
  const generations = generationStore(place);
  for (const name of ['g1', 'g2']) mkdirSync(path.join(generations.directory, name), { recursive: true });
  await keepTimes(generations, { g1: { left: noon }, g2: { made: noon } });
  await begin(
    generations,
    { id: '0'.repeat(16), action: 'swap', generation: 'g2', from: 'g1', unwanted: ['f'.repeat(64)] },
    noon,
  );
  // The process and host that made the note must match nothing real.
  const file = path.join(generations.directory, 'pending.json');
  const pending = JSON.parse(readFileSync(file, 'utf8'));
  const nobody = { pid: 2 ** 22, start: '1', host: 'builder', boot: 'before', pids: 'pid:[1]' };
  writeFileSync(file, `${JSON.stringify({ ...pending, ...nobody })}\n`);
}

/** The files of a state directory by path: text, or bytes in base64. */
export type FrozenState = Readonly<Record<string, string | { readonly base64: string }>>;

/** Reads all files below a directory. */
export function freeze(top: string): FrozenState {
  const files = readdirSync(top, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  const paths = files.map((one) => path.relative(top, path.join(one.parentPath, one.name))).sort();
  return Object.fromEntries(
    paths.map((name) => {
      const bytes = readFileSync(path.join(top, name));
      const text = bytes.toString('utf8');
      return [name, Buffer.from(text).equals(bytes) ? text : { base64: bytes.toString('base64') }] as const;
    }),
  );
}

/** Writes a frozen state into an empty directory, with the modes that godrift gives its files. */
export function thaw(frozen: FrozenState, top: string): void {
  for (const [name, held] of Object.entries(frozen)) {
    const file = path.join(top, name);
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    writeFileSync(file, typeof held === 'string' ? held : Buffer.from(held.base64, 'base64'), {
      mode: 0o600,
    });
  }
  for (const name of ['g1', 'g2'])
    mkdirSync(path.join(top, 'go-build.generations', name), { recursive: true });
}
