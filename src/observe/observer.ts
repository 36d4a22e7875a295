/** One pass over one target: sources once, then each collector by itself. A collector that fails takes nothing with it. */
import type { Facet } from '../catalog/facets.ts';
import type { CollectorRun, CommandRun, FactsOf, Observation, Outcome } from '../drift/model.ts';
import type { Pin } from '../drift/pins.ts';
import { errorCode } from '../host/errors.ts';
import { type Clock, type Machine, steadyClock } from '../host/machine.ts';
import { readAs } from '../host/reader.ts';
import type { AskCache } from './collectors/cache/auditors.ts';
import { collectCache } from './collectors/cache/cache.ts';
import { collectContext } from './collectors/context/context.ts';
import { collectEditors } from './collectors/context/editors.ts';
import { type Confirmation, collectEnv } from './collectors/env/env.ts';
import type { FileLists } from './collectors/file-lists.ts';
import { collectModules } from './collectors/modules/modules.ts';
import { collectToolchain } from './collectors/toolchain/toolchain.ts';
import type { AskDigest } from './collectors/toolchain/toolchain-digest.ts';
import { collectTools } from './collectors/tools/tools.ts';
import type { ReadEnvironment } from './environment/process-environment.ts';
import { isSameWorkspace, NoProcess, readSources, type Sources } from './environment/sources.ts';
import { type UnreadReason, unreadObservation } from './loop/unread.ts';
import type { TargetSettings } from './target.ts';

export interface Pass {
  readonly observation: Observation;
  readonly pins: readonly Pin[];
  readonly home: string;
}

/** What a pass may do beyond reading files. */
export interface ObserveOptions {
  /** The environment of the target, where it was read for this pass already. */
  readonly environment?: ReadEnvironment;
  /** `go env` is asked to confirm what the files said. */
  readonly confirmation?: Confirmation;
  /** Where go may be shown copies of the project's files, to confirm the build list; it is not asked without. */
  readonly copiesDirectory?: string;
  /** Everything is read anew, what nothing announces too. */
  readonly whole?: boolean;
  /** What is known of a build cache; nobody audits it without. */
  readonly cache?: AskCache;
  /** What is known of the tree that builds; its digest stays open without. */
  readonly digest?: AskDigest;
  /** What is kept of the files of vendor trees; they are read as a whole without. */
  readonly vendor?: FileLists;
  /** The key of this host's state directory: whether a secret changed stays unknown without. */
  readonly secretKey?: Uint8Array;
}

interface Ran<F extends Facet> {
  readonly outcome: Outcome<FactsOf[F]>;
  /** Undefined when nobody looked: what did not run has no duration and no success. */
  readonly run?: CollectorRun;
}

type Collect<F extends Facet> = (
  commands: CommandRun[],
) => Outcome<FactsOf[F]> | Promise<Outcome<FactsOf[F]>>;

async function run<F extends Facet>(facet: F, clock: Clock, collect: Collect<F>): Promise<Ran<F>> {
  const start = clock();
  const began = steadyClock();
  const commands: CommandRun[] = [];
  let outcome: Outcome<FactsOf[F]>;
  try {
    outcome = await collect(commands);
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

function ok<T>(facts: T): Outcome<T> {
  return { status: 'ok', facts };
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
    const pass = await collected(settings, machine, clock, sources, asItself(options));
    // Half of one directory and half of none is no state that anything was in.
    if (isSameWorkspace(sources)) return pass;
    const why = 'the workspace was moved while it was looked at';
    return { ...unread(settings, start, clock, why, 'workspace-absent'), home: sources.home };
  });
}

/** Who answers for the pass keeps its own rights: its records are nobody else's. */
function asItself({ cache, digest, vendor, ...others }: ObserveOptions): ObserveOptions {
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

/** What each collector finds, from the sources of the pass. */
async function collected(
  settings: TargetSettings,
  machine: Machine,
  clock: Clock,
  sources: Sources,
  options: ObserveOptions,
): Promise<Pass> {
  const { reading } = sources.environment;
  // An environment that cannot be read says nothing about the rest either: PATH and GOTOOLCHAIN are part of it.
  const whenReadable =
    <F extends Facet>(collect: Collect<F>): Collect<F> =>
    (commands) =>
      reading.readable ? collect(commands) : { status: 'failed', why: `environment ${reading.reason}` };
  const ran = {
    toolchain: await run(
      'toolchain',
      clock,
      whenReadable(() => collectToolchain(sources, options.digest)),
    ),
    env: await run(
      'env',
      clock,
      whenReadable(async (commands) => ({
        status: 'ok',
        ...(await collectEnv(sources, commands, options.confirmation, options.secretKey)),
        // What is in force is said by the go that answers: without one nothing is gone.
        ...(sources.local === undefined ? { unsettled: ['env.*'] } : {}),
      })),
    ),
    modules: await run(
      'modules',
      clock,
      whenReadable(async (commands) => {
        return await collectModules(sources, commands, clock, {
          whole: options.whole === true,
          ...(options.copiesDirectory === undefined ? {} : { copiesDirectory: options.copiesDirectory }),
          ...(options.vendor === undefined ? {} : { vendor: options.vendor }),
        });
      }),
    ),
    cache: await run(
      'cache',
      clock,
      whenReadable(() => collectCache(sources, options.cache)),
    ),
    tools: await run(
      'tools',
      clock,
      whenReadable(() => collectTools(sources)),
    ),
    context: await run('context', clock, () =>
      ok(
        collectContext({
          root: sources.root,
          machine,
          environment: sources.environment.variables,
          ...(reading.readable ? { editors: () => collectEditors(sources) } : {}),
        }),
      ),
    ),
  };
  return {
    observation: {
      target: settings.name,
      workspace: settings.workspace,
      time: clock(),
      environment: reading,
      runs: Object.values(ran).flatMap((one) => one.run ?? []),
      toolchain: ran.toolchain.outcome,
      env: ran.env.outcome,
      modules: ran.modules.outcome,
      cache: ran.cache.outcome,
      tools: ran.tools.outcome,
      context: ran.context.outcome,
    },
    pins: sources.pins,
    home: sources.home,
  };
}
