/**
 * Observes one target once: reads the shared sources, then runs each collector. The failure of a collector
 * does not affect the others.
 */
import { type Facet, facets } from '../catalog/facets.ts';
import type {
  CollectorRun,
  CommandRun,
  EnvironmentReading,
  FactsOf,
  Observation,
  Outcome,
} from '../drift/model.ts';
import type { Pin } from '../drift/pins.ts';
import { errorCode } from '../host/errors.ts';
import { type Clock, type Machine, steadyClock } from '../host/machine.ts';
import { readAs } from '../host/reader.ts';
import type { CollectOptions, Collector, CollectorInput } from './collectors/collector.ts';
import type { FileLists } from './collectors/file-lists.ts';
import { collectors } from './collectors/index.ts';
import type { ReadEnvironment } from './environment/process-environment.ts';
import {
  hasNoProcess,
  isSameWorkspace,
  NoProcess,
  readSources,
  type Sources,
} from './environment/sources.ts';
import { type UnreadReason, unreadObservation } from './loop/unreadable-target.ts';
import type { TargetSettings } from './target.ts';

export interface Pass {
  readonly observation: Observation;
  readonly pins: readonly Pin[];
  readonly home: string;
}

/** Options of an observation, beyond reading files. */
export interface ObserveOptions extends CollectOptions {
  /** The target's environment, if it was read already. */
  readonly environment?: ReadEnvironment;
}

interface RunResult<F extends Facet> {
  readonly outcome: Outcome<FactsOf[F]>;
  /** Undefined if the collector did not run: then there is neither a duration nor a success to report. */
  readonly run?: CollectorRun;
}

/**
 * Reports whether files should be read although the environment is unreadable: those of a container whose
 * processes are inaccessible, but whose directories are mounted on this host.
 */
const isMounted = (reading: EnvironmentReading) => reading.source === 'build' && !hasNoProcess(reading);

async function run<F extends Facet>(facet: F, look: Omit<CollectorInput, 'commands'>): Promise<RunResult<F>> {
  const { clock, sources } = look;
  const { reading } = sources.environment;
  const { collect, ofUnreadable }: Collector<F> = collectors[facet];
  if (look.options.disabled?.includes(facet) === true)
    return { outcome: { status: 'not_evaluated', why: 'its collector is disabled' } };
  const start = clock();
  const began = steadyClock();
  const commands: CommandRun[] = [];
  let outcome: Outcome<FactsOf[F]>;
  try {
    outcome =
      reading.readable || ofUnreadable === true || isMounted(reading)
        ? await collect({ ...look, commands })
        : { status: 'failed', why: `environment ${reading.reason}` };
  } catch (error) {
    // Only the error code: messages of the file system contain paths, and messages of a program may contain
    // anything.
    outcome = { status: 'failed', why: errorCode(error) || (error instanceof Error ? error.name : 'failed') };
  }
  if (outcome.status === 'not_evaluated') return { outcome };
  const success = outcome.status !== 'failed';
  const why =
    outcome.status === 'failed'
      ? { why: outcome.why }
      : outcome.status === 'ok' && outcome.unjudged !== undefined
        ? { why: outcome.unjudged, unjudged: true as const }
        : {};
  // Measured by the steady clock, so that setting the wall clock does not distort the duration.
  const end = start + Math.round(steadyClock() - began);
  return {
    outcome,
    run: { collector: facet, facet, start, end, success, commands, ...why },
  };
}

/** Returns the result of an observation in which nothing could be read. */
function unread(
  settings: TargetSettings,
  start: number,
  clock: Clock,
  why: string,
  reason: UnreadReason,
): Pass {
  return {
    observation: unreadObservation(settings, start, clock(), why, reason),
    pins: [],
    home: '',
  };
}

/** Observes a target. Never throws: whatever cannot be read becomes a failed outcome. */
export async function observe(
  settings: TargetSettings,
  machine: Machine,
  clock: Clock,
  options: ObserveOptions = {},
): Promise<Pass> {
  const start = clock();
  let sources: Sources;
  try {
    sources = await readSources(settings, machine, options.environment);
  } catch (error) {
    if (error instanceof NoProcess) return unread(settings, start, clock, error.message, error.reason);
    const gone = errorCode(error) === 'ENOENT';
    const why = gone ? 'the workspace is gone' : errorCode(error) || 'the sources cannot be read';
    const pass = unread(settings, start, clock, why, gone ? 'workspace-absent' : 'malformed');
    return { ...pass, home: machine.home ?? '' };
  }
  const { credentials } = sources.environment;
  return await readAs(credentials, async () => {
    const pass = await runCollectors(settings, {
      sources,
      machine,
      clock,
      options: withOwnCredentials(options),
    });
    // If the directory was replaced meanwhile, the result mixes two states and is discarded.
    if (isSameWorkspace(sources)) return pass;
    const why = 'the workspace was moved while it was looked at';
    return { ...unread(settings, start, clock, why, 'workspace-absent'), home: sources.home };
  });
}

/**
 * Makes the callbacks run with godrift's own credentials instead of the target's: they read and write
 * godrift's own records.
 */
function withOwnCredentials({ cache, digest, vendor, ...others }: CollectOptions): CollectOptions {
  const itself =
    <Asked extends unknown[], Answer>(ask: (...asked: Asked) => Answer) =>
    (...asked: Asked) =>
      readAs('own', () => ask(...asked));
  const lists = (of: FileLists): FileLists => ({
    load: itself(of.load),
    ...(of.save === undefined ? {} : { save: itself(of.save) }),
  });
  return {
    ...others,
    ...(vendor === undefined ? {} : { vendor: lists(vendor) }),
    ...(cache === undefined ? {} : { cache: itself(cache) }),
    ...(digest === undefined ? {} : { digest: itself(digest) }),
  };
}

/** Runs the collectors one after another, so that each duration is that of one collector. */
async function runCollectors(
  settings: TargetSettings,
  look: Omit<CollectorInput, 'commands'>,
): Promise<Pass> {
  const { clock, sources } = look;
  const ran = new Map<Facet, RunResult<Facet>>();
  for (const facet of facets) ran.set(facet, await run(facet, look));
  const outcomes = Object.fromEntries([...ran].map(([facet, { outcome }]) => [facet, outcome]));
  return {
    observation: {
      target: settings.name,
      workspace: settings.workspace,
      time: clock(),
      environment: sources.environment.reading,
      runs: [...ran.values()].flatMap((one) => one.run ?? []),
      ...(outcomes as { [F in Facet]: Outcome<FactsOf[F]> }),
    },
    pins: sources.pins,
    home: sources.home,
  };
}
