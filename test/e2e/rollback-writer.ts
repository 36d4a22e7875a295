/**
 * A program that ends what was interrupted and then makes one change of a kind: of names of a home (every kind of step on them), of a directory of a module
 * cache, of an SDK that is gone, of a build cache, or of that one's generations. Killed and refused by its test at each call of the system.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { endInterrupted, type GenerationPorts } from '../../src/cli/generations/act.ts';
import { adopt, collect, makeNew, swap } from '../../src/cli/generations/actions.ts';
import { storeOf } from '../../src/cli/generations/place.ts';
import { randomHex, sha256Hex } from '../../src/host/digest.ts';
import { type EntryState, readEntry } from '../../src/host/entry-state.ts';
import { journalDirectory } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { isCacheIntentOpen, recordCacheLine } from '../../src/store/record-cache.ts';
import { planCacheRepair } from '../../src/undo/cache-plan.ts';
import type { Plan } from '../../src/undo/plan.ts';
import { recoverRollbacks, runRollback, verifySteps } from '../../src/undo/run.ts';
import type { EntryStep, Step } from '../../src/undo/step.ts';
import { planTree } from '../../src/undo/tree-plan.ts';
import { faultyModule, sumLines } from '../lab/module-proxy.ts';
import { toolchainDigest, zippedToolchain } from '../lab/zipped-toolchain.ts';

const [home = '', stateDirectory = '', what = 'change', kind = 'names'] = process.argv.slice(2);
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

async function stepsOfNames(): Promise<readonly Step[]> {
  const steps: EntryStep[] = [];
  for (const [name, kind, after] of wanted) {
    const { state: before, bytes } = await readEntry(path.join(home, name));
    if (before.kind === 'file' && bytes !== undefined) contents.set(before.sha256, bytes);
    steps.push({ kind, role: 'goenv', path: path.join(home, name), directory: home, name, before, after });
  }
  return steps;
}

/** Two entries that lead to a damaged output, one that leads to a whole one of another action, and a link. */
const stepsOfCache = async (): Promise<readonly Step[]> =>
  planCacheRepair(home, {
    corrupt: [
      { output: sha256Hex('right'), kind: 'archive', size: 5, actions: ['a'.repeat(64), 'b'.repeat(64)] },
    ],
    rebound: [
      { action: 'c'.repeat(64), output: sha256Hex('whole'), kind: 'archive', size: 5, proof: 'build-id' },
    ],
    irregular: [{ file: `dd/${'d'.repeat(64)}-d`, what: 'link' }],
  });

/** The module of this home that was edited. */
async function stepsOfDirectory(): Promise<readonly Step[]> {
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

/** The SDK that this home lacks. */
async function stepsOfSdk(): Promise<readonly Step[]> {
  const { module, version } = zippedToolchain;
  const planned = await planTree({
    kind: 'sdk',
    key: 'toolchain.digest',
    cache: home,
    path: path.join(home, 'sdk/go1.99.0'),
    module,
    version,
    // Its zip was made by the test that runs this program.
    approved: toolchainDigest,
  });
  if (planned === undefined || !('step' in planned)) throw new Error('there is nothing to lay out');
  return [planned.step];
}

const stepsOf = { names: stepsOfNames, directory: stepsOfDirectory, sdk: stepsOfSdk, cache: stepsOfCache };

const store = await openStore(stateDirectory, { now });
if ('busy' in store) throw new Error(store.why);
const journal = store.journal();
if (journal === undefined) throw new Error(store.unheld());
const recorder = { state: store.state, journal, now, report: () => {} };
await recoverRollbacks(recorder, async () => signature);

async function rollBack(of: keyof typeof stepsOf): Promise<string> {
  const steps = await stepsOf[of]();
  const facet = of === 'cache' ? 'cache' : 'env';
  const plan: Plan = { target: 'api', workspace: '/src', facet, steps, contents, refusals: [] };
  const ran = await runRollback(plan, {
    recorder,
    signature,
    asked: { who: 'ann', mode: 'manual', trigger: 'cli' },
    trace: { traceId: randomHex(16) },
    before: contents,
    ...(of === 'cache' ? {} : { replaced: '0'.repeat(64) }),
    verify: async () =>
      of === 'names' && existsSync(path.join(home, 'added')) ? 'it is still there' : await verifySteps(steps),
  });
  return 'outcome' in ran ? ran.outcome.result : 'refused';
}

const onGenerations = {
  adopt,
  new: (...[store, ports]: Parameters<typeof adopt>) => makeNew(store, ports, new Set()),
  swap: (...[store, ports]: Parameters<typeof adopt>) => swap(store, ports, 'g2'),
  collect: (...[store, ports]: Parameters<typeof adopt>) => collect(store, ports, 1000),
};
if (kind in onGenerations) {
  const work = onGenerations[kind as keyof typeof onGenerations];
  const generations = storeOf(path.join(home, 'go-build'));
  const ports: GenerationPorts = {
    now,
    progress: () => {},
    record: async (event) => {
      const told = await recordCacheLine(recorder, event);
      if (!told.ok) throw new Error(told.problem);
    },
    isOpen: (operation, directory) =>
      isCacheIntentOpen(journalDirectory(stateDirectory), operation, directory),
  };
  await endInterrupted(generations, ports);
  if (what === 'change') process.stdout.write(`${(await work(generations, ports)).result}\n`);
} else if (what === 'change') process.stdout.write(`${await rollBack(kind as keyof typeof stepsOf)}\n`);
await store.close();
