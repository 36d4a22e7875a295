/**
 * Recovers from an interruption, as every start does, and then makes one change: of names in a home (with all
 * kinds of steps), of a directory of a module cache, of a removed SDK, of a build cache, or of its
 * generations.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { endInterrupted, type GenerationPorts } from '../../src/cli/generations/act.ts';
import { adopt, collect, makeNew, swap } from '../../src/cli/generations/actions.ts';
import { storeOf } from '../../src/cli/generations/place.ts';
import { randomHex, sha256Hex } from '../../src/host/digest.ts';
import { type EntryState, readEntry } from '../../src/host/entry-state.ts';
import { journalDirectory } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { isCacheIntentOpen, recordCacheLine } from '../../src/store/record-cache.ts';
import type { Recorder } from '../../src/store/record-exemption.ts';
import { planCacheRepair } from '../../src/undo/cache-plan.ts';
import type { Plan } from '../../src/undo/plan.ts';
import { recoverRollbacks, runRollback, verifySteps } from '../../src/undo/run.ts';
import type { EntryStep, Step } from '../../src/undo/step.ts';
import { planTree } from '../../src/undo/tree-plan.ts';
import { faultyModule, sumLines } from '../lab/module-proxy.ts';
import { toolchainDigest, zippedToolchain } from '../lab/zipped-toolchain.ts';
import type { Kind, Place } from './rollback-kinds.ts';

const now = () => Date.now();
const signature = { resource: {}, version: '1', randomId: randomHex };
const rights = { mode: 0o640, uid: process.getuid?.() ?? 0, gid: process.getgid?.() ?? 0 };
/** File contents by SHA-256. */
type Contents = Map<string, Uint8Array>;

function file(contents: Contents, text: string): EntryState {
  const bytes = Buffer.from(text);
  contents.set(sha256Hex(bytes), bytes);
  return { kind: 'file', sha256: sha256Hex(bytes), size: bytes.length, ...rights };
}

const wanted = (
  contents: Contents,
): readonly (readonly [name: string, kind: EntryStep['kind'], after: EntryState])[] => [
  ['changed', 'restore-file', file(contents, 'approved\n')],
  ['gone', 'restore-file', file(contents, 'approved too\n')],
  ['added', 'remove-file', { kind: 'absent' }],
  ['link', 'restore-link', { kind: 'link', to: 'approved' }],
];

async function stepsOfNames({ home }: Place, contents: Contents): Promise<readonly Step[]> {
  const steps: EntryStep[] = [];
  for (const [name, kind, after] of wanted(contents)) {
    const { state: before, bytes } = await readEntry(path.join(home, name));
    if (before.kind === 'file' && bytes !== undefined) contents.set(before.sha256, bytes);
    steps.push({ kind, role: 'goenv', path: path.join(home, name), directory: home, name, before, after });
  }
  return steps;
}

/**
 * Steps for two entries of a damaged output, one entry that refers to the
 * output of another action, and a symlink.
 */
const stepsOfCache = async ({ home }: Place): Promise<readonly Step[]> =>
  planCacheRepair(home, {
    corrupt: [
      { output: sha256Hex('right'), kind: 'archive', size: 5, actions: ['a'.repeat(64), 'b'.repeat(64)] },
    ],
    rebound: [
      { action: 'c'.repeat(64), output: sha256Hex('whole'), kind: 'archive', size: 5, proof: 'build-id' },
    ],
    irregular: [{ file: `dd/${'d'.repeat(64)}-d`, what: 'link' }],
  });

/** Steps for the edited module of the home. */
async function stepsOfDirectory({ home }: Place): Promise<readonly Step[]> {
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
  if (planned === undefined || !('step' in planned)) throw new Error('there is no directory to replace');
  return [planned.step];
}

/** Steps for the SDK that the home lacks. */
async function stepsOfSdk({ home }: Place): Promise<readonly Step[]> {
  const { module, version } = zippedToolchain;
  const planned = await planTree({
    kind: 'sdk',
    key: 'toolchain.digest',
    cache: home,
    path: path.join(home, 'sdk/go1.99.0'),
    module,
    version,
    // The test that runs this program made the zip.
    approved: toolchainDigest,
  });
  if (planned === undefined || !('step' in planned)) throw new Error('there is no SDK to restore');
  return [planned.step];
}

const stepsOf = { names: stepsOfNames, directory: stepsOfDirectory, sdk: stepsOfSdk, cache: stepsOfCache };

async function rollBack(of: keyof typeof stepsOf, place: Place, recorder: Recorder): Promise<string> {
  const contents: Contents = new Map();
  const steps = await stepsOf[of](place, contents);
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
      of === 'names' && existsSync(path.join(place.home, 'added'))
        ? 'it is still there'
        : await verifySteps(steps),
  });
  return 'outcome' in ran ? ran.outcome.result : 'refused';
}

const onGenerations = {
  adopt,
  new: (...[store, ports]: Parameters<typeof adopt>) => makeNew(store, ports, new Set()),
  swap: (...[store, ports]: Parameters<typeof adopt>) => swap(store, ports, 'g2'),
  collect: (...[store, ports]: Parameters<typeof adopt>) => collect(store, ports, 1000),
};

/** The access to the journal for operations on generations of a build cache. */
function generationPorts(recorder: Recorder, stateDirectory: string): GenerationPorts {
  return {
    now,
    progress: () => {},
    record: async (event) => {
      const told = await recordCacheLine(recorder, event);
      if (!told.ok) throw new Error(told.problem);
    },
    isOpen: (operation, directory) =>
      isCacheIntentOpen(journalDirectory(stateDirectory), operation, directory),
  };
}

/**
 * Starts on a place: recovers from an interruption and then, with `change`, makes a change of this kind.
 * Reads all state from the disk and keeps none for the next call. Returns the result of the change, undefined
 * without one; throws if the state directory cannot be used.
 */
export async function startOn(
  place: Place,
  kind: Kind['name'],
  what: 'change' | 'recover',
): Promise<string | undefined> {
  const store = await openStore(place.state, { now });
  if ('busy' in store) throw new Error(store.why);
  const journal = store.journal();
  if (journal === undefined) throw new Error(store.unheld());
  const recorder = { state: store.state, journal, now, report: () => {} };
  await recoverRollbacks(recorder, async () => signature);
  let result: string | undefined;
  if (kind in onGenerations) {
    const work = onGenerations[kind as keyof typeof onGenerations];
    const generations = storeOf(path.join(place.home, 'go-build'));
    const ports = generationPorts(recorder, place.state);
    await endInterrupted(generations, ports);
    if (what === 'change') ({ result } = await work(generations, ports));
  } else if (what === 'change') result = await rollBack(kind as keyof typeof stepsOf, place, recorder);
  await store.close();
  return result;
}
