/** One pass over one target: sources once, then each collector by itself. A collector that fails takes nothing with it. */

import type {
  CollectorRun,
  CommandRun,
  ContextFacts,
  EnvFacts,
  Observation,
  Outcome,
  ToolchainFacts,
} from '../drift/model.ts';
import type { Pin } from '../drift/pins.ts';
import { errorCode } from '../host/files.ts';
import type { Clock, Machine } from '../host/machine.ts';
import { collectContext } from './context.ts';
import { type Confirmation, collectEnv } from './env.ts';
import { readSources, type Sources } from './sources.ts';
import type { TargetSettings } from './target.ts';
import { collectToolchain } from './toolchain.ts';

export interface Pass {
  readonly observation: Observation;
  readonly pins: readonly Pin[];
  readonly home: string;
  /** Files whose change may change the next pass. */
  readonly files: readonly string[];
}

interface Ran<T> {
  readonly outcome: Outcome<T>;
  readonly run: CollectorRun;
}

async function run<T>(
  collector: 'toolchain' | 'env' | 'context',
  clock: Clock,
  collect: (commands: CommandRun[]) => Promise<T>,
): Promise<Ran<T>> {
  const start = clock();
  const commands: CommandRun[] = [];
  let outcome: Outcome<T>;
  try {
    outcome = { status: 'ok', facts: await collect(commands) };
  } catch (error) {
    // Only the code: messages of the file system hold paths, and those of a program may hold anything.
    outcome = { status: 'failed', why: errorCode(error) || (error instanceof Error ? error.name : 'failed') };
  }
  const why = outcome.status === 'failed' ? { why: outcome.why } : {};
  return {
    outcome,
    run: {
      collector,
      facet: collector,
      start,
      end: clock(),
      success: outcome.status === 'ok',
      commands,
      ...why,
    },
  };
}

function failed(why: string): { readonly status: 'failed'; readonly why: string } {
  return { status: 'failed', why };
}

/** Observes a target. Never throws: what cannot be read is a failed outcome. */
export async function observe(
  settings: TargetSettings,
  machine: Machine,
  clock: Clock,
  confirmation?: Confirmation,
): Promise<Pass> {
  const start = clock();
  let sources: Sources;
  try {
    sources = await readSources(settings, machine);
  } catch (error) {
    const why =
      errorCode(error) === 'ENOENT'
        ? 'the workspace is gone'
        : errorCode(error) || 'the sources cannot be read';
    const environment = {
      source: settings.environment.from,
      readable: false,
      reason: errorCode(error) === 'ENOENT' ? ('workspace-absent' as const) : ('malformed' as const),
    };
    const runs = (['toolchain', 'env', 'context'] as const).map(
      (facet): CollectorRun => ({
        collector: facet,
        facet,
        start,
        end: clock(),
        success: false,
        why,
        commands: [],
      }),
    );
    return {
      observation: {
        target: settings.name,
        workspace: settings.workspace,
        time: clock(),
        environment,
        runs,
        toolchain: failed(why),
        env: failed(why),
        context: failed(why),
      },
      pins: [],
      home: machine.home ?? '',
      files: settings.workspace === '' ? [] : [settings.workspace],
    };
  }
  // An environment that cannot be read says nothing about the toolchain either: PATH and GOTOOLCHAIN are part of it.
  const readable = sources.environment.reading.readable;
  const unreadable = () =>
    Promise.reject(
      Object.assign(new Error('environment'), { code: `environment ${sources.environment.reading.reason}` }),
    );
  const toolchain: Ran<ToolchainFacts> = await run('toolchain', clock, () =>
    readable ? collectToolchain(sources) : unreadable(),
  );
  const env: Ran<EnvFacts> = await run('env', clock, (commands) =>
    readable ? collectEnv(sources, commands, confirmation) : unreadable(),
  );
  const context: Ran<ContextFacts> = await run('context', clock, (commands) =>
    collectContext({ root: sources.root, machine, environment: sources.environment.variables }, commands),
  );
  return {
    observation: {
      target: settings.name,
      workspace: settings.workspace,
      time: clock(),
      environment: sources.environment.reading,
      runs: [toolchain.run, env.run, context.run],
      toolchain: toolchain.outcome,
      env: env.outcome,
      context: context.outcome,
    },
    pins: sources.pins,
    home: sources.home,
    files: sources.files,
  };
}
