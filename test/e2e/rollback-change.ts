/**
 * Ends what was interrupted, as every start does, and makes one change of a kind: of names of a home (every kind of step on them), of a directory of a module
 * cache, of an SDK that is gone, of a build cache, or of that one's generations.
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
/** Bytes by their digest. */
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

/** Two entries that lead to a damaged output, one that leads to a whole one of another action, and a link. */
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

/** The module of this home that was edited. */
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
  if (planned === undefined || !('step' in planned)) throw new Error('there is nothing to exchange');
  return [planned.step];
}

/** The SDK that this home lacks. */
async function stepsOfSdk({ home }: Place): Promise<readonly Step[]> {
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

/** What acts on the generations of a home's build cache asks of the journal. */
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
 * A start on a place: what was interrupted there is ended, and then, with `change`, a change of the kind is made. Everything is read from the disk, and nothing is
 * kept for a next call. Answers the result of the change, nothing without one; throws where the state directory cannot be had.
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
