/** A program that undoes what was interrupted and then runs one rollback of every kind of step: killed and refused by its test at each call of the system. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { randomHex, sha256Hex } from '../../src/host/digest.ts';
import { type EntryState, readEntry } from '../../src/host/entry-state.ts';
import { openStore } from '../../src/store/open.ts';
import type { Plan } from '../../src/undo/plan.ts';
import { recoverRollbacks, runRollback } from '../../src/undo/run.ts';
import type { EntryStep, Step } from '../../src/undo/step.ts';
import { planTree } from '../../src/undo/tree-plan.ts';
import { faultyModule, sumLines } from '../lab/module-proxy.ts';

const [home = '', stateDirectory = '', what = 'roll-back'] = process.argv.slice(2);
const now = () => Date.now();
const signature = { resource: {}, version: '1', randomId: randomHex };
const rights = { mode: 0o640, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
const contents = new Map<string, Uint8Array>();

function file(text: string): EntryState {
  const bytes = Buffer.from(text);
  contents.set(sha256Hex(bytes), bytes);
  return { kind: 'file', sha256: sha256Hex(bytes), size: bytes.length, ...rights };
}

const wanted: readonly (readonly [name: string, kind: EntryStep['kind'], after: EntryState])[] = [
  ['changed', 'restore-file', file('approved\n')],
  ['gone', 'restore-file', file('approved too\n')],
  ['added', 'remove-file', { kind: 'absent' }],
  ['link', 'restore-link', { kind: 'link', to: 'approved' }],
];

const store = await openStore(stateDirectory, { now });
if ('busy' in store) throw new Error(store.why);
const journal = store.journal();
if (journal === undefined) throw new Error(store.unheld());
const recorder = { state: store.state, journal, now, report: () => {} };
await recoverRollbacks(recorder, async () => signature);

async function entrySteps(): Promise<readonly Step[]> {
  const steps: EntryStep[] = [];
  for (const [name, kind, after] of wanted) {
    const { state: before, bytes } = await readEntry(path.join(home, name));
    if (before.kind === 'file' && bytes !== undefined) contents.set(before.sha256, bytes);
    steps.push({ kind, role: 'goenv', path: path.join(home, name), directory: home, name, before, after });
  }
  return steps;
}

/** The module of this home that was edited. */
async function treeSteps(): Promise<readonly Step[]> {
  const { path: module, version } = faultyModule;
  const planned = await planTree({
    kind: 'module',
    key: `modules.${module}`,
    cache: home,
    path: path.join(home, `${module}@${version}`),
    module,
    version,
    approved: sumLines([faultyModule]).split(/\s/)[2] as string,
  });
  if (planned === undefined || !('step' in planned)) throw new Error('there is nothing to exchange');
  return [planned.step];
}

if (what !== 'recover') {
  const steps = what === 'exchange' ? await treeSteps() : await entrySteps();
  const plan: Plan = { target: 'api', workspace: '/src', facet: 'env', steps, contents, refusals: [] };
  const ran = await runRollback(plan, {
    recorder,
    signature,
    asked: { who: 'ann', mode: 'manual', trigger: 'cli' },
    trace: { traceId: randomHex(16) },
    before: contents,
    replaced: '0'.repeat(64),
    verify: async () => (existsSync(path.join(home, 'added')) ? 'it is still there' : undefined),
  });
  process.stdout.write(`${'outcome' in ran ? ran.outcome.result : 'refused'}\n`);
}
await store.close();
