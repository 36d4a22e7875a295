/**
 * `godrift blame`: finds the difference that makes a command fail by running it in isolated copies of the
 * environment ("worlds"), whose changes never reach the host.
 */
import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { type BlameDocument, blameDocument, exitCodeOf } from '../../explain/blame/answer.ts';
import type { Atoms } from '../../explain/blame/atom.ts';
import { investigate } from '../../explain/blame/investigate.ts';
import { steadyClock } from '../../host/machine.ts';
import { onSignals } from '../../host/signals.ts';
import { openDrift } from '../../store/open-drifts.ts';
import { withAlone } from '../blame/alone.ts';
import { cacheAtoms } from '../blame/cache-atoms.ts';
import {
  collectAtoms,
  collectRepository,
  freshFindings,
  type Reference,
  readReference,
} from '../blame/collect.ts';
import { Experiment } from '../blame/experiment.ts';
import { recordAnswer } from '../blame/journal.ts';
import { renderBlame } from '../blame/render.ts';
import { hiderOf, valuesForGo } from '../blame/secrets.ts';
import { openWorlds, type Running, type Worlds } from '../blame/worlds.ts';
import { type Inspection, inspect } from '../inspect.ts';
import { writersFor } from '../probable-writers.ts';
import { withSpinner } from '../spinner.ts';
import { blameWithTargetArguments, targetArgumentsOf } from '../target-arguments.ts';
import type { Terminal } from '../terminal.ts';
import { type Which, type WhichOptions, whichTarget } from '../which-target.ts';

/** Options of `godrift blame`. */
export interface BlameOptions extends WhichOptions {
  readonly command: readonly string[];
  readonly against: string;
  readonly timeoutMs: number;
  readonly jobs: number;
  readonly network: boolean;
  readonly json: boolean;
}

const usual: readonly [string, ...string[]] = ['go', 'build', './...'];

/**
 * Returns a signal that Ctrl-C aborts: the search ends and reports what it knows. A second Ctrl-C ends the
 * process.
 */
function stopSignal(): AbortSignal {
  const stopped = new AbortController();
  onSignals({ stop: () => stopped.abort(), reload: () => {} });
  return stopped.signal;
}

async function answerFor(
  terminal: Terminal,
  { target, stateDirectory }: Which,
  looked: Inspection,
  options: BlameOptions,
): Promise<BlameDocument> {
  const began = steadyClock();
  const against = await readReference(target, stateDirectory, options.against);
  const known = await collectAtoms(target, stateDirectory, looked, against, terminal.env);
  const [first = usual[0], ...rest] = options.command.length === 0 ? usual : options.command;
  const running: Running = {
    command: [first, ...rest],
    limitMs: options.timeoutMs,
    hasNetwork: options.network,
    signal: stopSignal(),
  };
  const worlds = await openWorlds(terminal, looked, [...known.atoms, ...known.later], running);
  try {
    const trying = { target, stateDirectory, looked, options, against, known, worlds, running, began };
    return await tryWorlds(terminal, trying);
  } finally {
    await worlds.end();
  }
}

/** An investigation under way. */
interface Trying extends Pick<Which, 'target' | 'stateDirectory'> {
  readonly looked: Inspection;
  readonly options: BlameOptions;
  readonly against: Reference;
  readonly known: Atoms;
  readonly worlds: Worlds;
  readonly running: Running;
  /** When it began, ms of the monotonic clock. */
  readonly began: number;
}

async function tryWorlds(
  terminal: Terminal,
  { target, stateDirectory, looked, options, against, known, worlds, running, began }: Trying,
): Promise<BlameDocument> {
  const experiment = new Experiment(known, worlds, [
    { about: 'what is seldom the cause', look: async () => ({ atoms: known.later, fixed: [] }) },
    {
      about: 'looking at the build cache',
      look: async () => ({
        atoms: await cacheAtoms({ target, stateDirectory, facet: 'cache' }, looked, worlds.emptyCache),
        fixed: [],
      }),
    },
    // Last: an edited source makes go rebuild it, which also hides a damaged cache.
    {
      about: 'looking at the repository',
      look: () => collectRepository(target.workspace || terminal.cwd, looked, against, known),
    },
  ]);
  // One spinner for all worlds: each may be quick, but all together take long.
  const investigated = await withSpinner(
    terminal.stderr,
    () => experiment.about,
    () => investigate(experiment.question(options.jobs)),
  );
  const { finished, atoms: byThemselves } = await withSpinner(
    terminal.stderr,
    'what cannot be undone is tried alone',
    () =>
      withAlone(investigated, { fresh: freshFindings(looked, against), looked, env: terminal.env, worlds }),
  );
  const hide = hiderOf(valuesForGo(terminal, looked));
  const atoms = [...experiment.atoms, ...byThemselves];
  const blamed = finished.result === 'found' ? finished.causes.flatMap(({ ids }) => ids) : [];
  const culprits = atoms.filter(({ id }) => blamed.includes(id));
  const about = { workspace: target.workspace, observation: looked.observation };
  const wrote = await writersFor(terminal, stateDirectory, about, culprits);
  const writers = new Map(culprits.map(({ id }, index) => [id, wrote[index]]));
  return blameDocument(
    {
      target: target.name,
      workspace: target.workspace,
      command: running.command.map(hide),
      against: against.title,
      hasNetwork: running.hasNetwork,
    },
    {
      finished,
      known: { ...known, atoms, fixed: experiment.fixed },
      parts: experiment.parts,
      trials: experiment.tried,
      ms: steadyClock() - began,
    },
    {
      drift: (facet) => openDrift(stateDirectory, target, facet),
      writers: (atom) => writers.get(atom.id) ?? [],
    },
    hide,
  );
}

/**
 * Runs `godrift blame`. Returns 1 if a cause was found, 0 if the command passes, 2 if no cause was found.
 * Throws AppError if the target cannot be observed.
 */
export async function runBlame(terminal: Terminal, options: BlameOptions): Promise<number> {
  const which = await whichTarget(terminal, undefined, options);
  const looked = await withSpinner(terminal.stderr, 'looking at the Go environment', () =>
    inspect(terminal, undefined, { settings: which.target, stateDirectory: which.stateDirectory }),
  );
  if (!looked.state.readable.ok)
    throw new AppError(
      `cannot look at ${visible(which.target.name)}`,
      looked.state.readable.reason,
      'see godrift check',
    );
  const answer = await answerFor(terminal, which, looked, options);
  const document = blameWithTargetArguments(answer, targetArgumentsOf(terminal, options));
  await recordAnswer(terminal, which, document);
  terminal.stdout.write(options.json ? `${visibleJson(document)}\n` : renderBlame(terminal, document));
  return exitCodeOf(document);
}
