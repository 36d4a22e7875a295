/** One pass over one target: sources once, then each collector by itself. A collector that fails takes nothing with it. */
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
import type { CollectOptions, Collector, Look } from './collectors/collector.ts';
import type { FileLists } from './collectors/file-lists.ts';
import { collectors } from './collectors/index.ts';
import type { ReadEnvironment } from './environment/process-environment.ts';
import { isOfNobody, isSameWorkspace, NoProcess, readSources, type Sources } from './environment/sources.ts';
import { type UnreadReason, unreadObservation } from './loop/unread.ts';
import type { TargetSettings } from './target.ts';

export interface Pass {
  readonly observation: Observation;
  readonly pins: readonly Pin[];
  readonly home: string;
}

/** What a pass may do beyond reading files. */
export interface ObserveOptions extends CollectOptions {
  /** The environment of the target, where it was read for this pass already. */
  readonly environment?: ReadEnvironment;
}

interface Ran<F extends Facet> {
  readonly outcome: Outcome<FactsOf[F]>;
  /** Undefined when nobody looked: what did not run has no duration and no success. */
  readonly run?: CollectorRun;
}

/** Beside a container that nobody can look into, the files that are mounted here are all there is, and they are looked at. */
const isMounted = (reading: EnvironmentReading) => reading.source === 'build' && !isOfNobody(reading);

async function run<F extends Facet>(facet: F, look: Omit<Look, 'commands'>): Promise<Ran<F>> {
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
    // Only the code: messages of the file system hold paths, and those of a program may hold anything.
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
  // A clock that is set meanwhile makes no look take hours.
  const end = start + Math.round(steadyClock() - began);
  return {
    outcome,
    run: { collector: facet, facet, start, end, success, commands, ...why },
  };
}

/** A pass in which nothing could be read, for one reason. */
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

/** Observes a target. Never throws: what cannot be read is a failed outcome. */
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
    const pass = await collected(settings, { sources, machine, clock, options: asItself(options) });
    // Half of one directory and half of none is no state that anything was in.
    if (isSameWorkspace(sources)) return pass;
    const why = 'the workspace was moved while it was looked at';
    return { ...unread(settings, start, clock, why, 'workspace-absent'), home: sources.home };
  });
}

/** Who answers for the pass keeps its own rights: its records are nobody else's. */
function asItself({ cache, digest, vendor, ...others }: CollectOptions): CollectOptions {
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

/** What each collector finds, from the sources of the pass; one after the other, so that the time of each is its own. */
async function collected(settings: TargetSettings, look: Omit<Look, 'commands'>): Promise<Pass> {
  const { clock, sources } = look;
  const ran = new Map<Facet, Ran<Facet>>();
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
