/** One look at one workspace by a command: what `check`, `snapshot` and `baseline` share. Writes nothing. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { chooseBaseline, type StoredSnapshot } from '../drift/choose-baseline.ts';
import { evaluate } from '../drift/evaluate.ts';
import type { Observation } from '../drift/model.ts';
import { parseSnapshot } from '../drift/snapshot.ts';
import type { TargetState } from '../drift/state.ts';
import { emptyMemory } from '../drift/transition.ts';
import { sha256Hex } from '../host/digest.ts';
import { isDirectory, readFile } from '../host/files.ts';
import { readMachine, systemClock } from '../host/machine.ts';
import { observe } from '../observe/observer.ts';
import type { TargetSettings } from '../observe/target.ts';
import { readTargetBaselines } from '../store/peek.ts';
import { stateDirectoryPath } from '../store/state-directory.ts';
import { type LookAudits, lastAudits, withAuditsNow } from './audits.ts';
import { progressOn } from './progress.ts';
import { defaultTargets } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { refineTarget } from './workspace-file.ts';

export interface LookOptions {
  readonly target?: string;
  readonly stateDirectory?: string;
}

/** The committed baseline of a workspace, or undefined. Throws AppError for a file that is no snapshot. */
export async function readCommitted(workspace: string): Promise<StoredSnapshot | undefined> {
  if (workspace === '') return undefined;
  const file = path.join(workspace, '.godrift.snapshot');
  const read = await readFile({ root: '/', path: file });
  if (!read.ok) {
    if (read.failure === 'absent') return undefined;
    throw new AppError(`cannot read ${file}`, read.why, 'restore it from version control, or remove it');
  }
  try {
    return parseSnapshot(read.bytes);
  } catch (error) {
    if (error instanceof AppError)
      throw new AppError(
        `cannot use ${file}`,
        error.why,
        'restore it from version control, or write it anew with godrift snapshot --portable',
      );
    throw error;
  }
}

/** The target that a command means: the directory given, or the one that the working directory belongs to. */
export async function targetOf(
  terminal: Terminal,
  directory: string | undefined,
  options: LookOptions,
): Promise<TargetSettings> {
  if (
    directory !== undefined &&
    !(await isDirectory({ root: '/', path: path.resolve(terminal.cwd, directory) }))
  ) {
    throw new AppError(
      `cannot look at ${directory}`,
      'no such directory',
      'name the directory of a Go workspace',
    );
  }
  const [target] = await defaultTargets(directory === undefined ? [] : [directory], terminal.cwd);
  return await refineTarget({
    ...(target as TargetSettings),
    ...(options.target === undefined ? {} : { name: options.target }),
  });
}

/** Where the exporter of this user keeps its state. */
export function stateDirectoryOf(terminal: Terminal, options: LookOptions): string {
  return (
    options.stateDirectory || terminal.env.get('GODRIFT_STATE_DIRECTORY') || stateDirectoryPath(terminal.env)
  );
}

/** What a look found. */
export interface Look {
  readonly settings: TargetSettings;
  readonly state: TargetState;
  readonly observation: Observation;
}

/**
 * Observes and evaluates once. Without `audit`, of caches and toolchains what a running exporter knows; with `committed: false` the
 * committed baseline is not read: the shell has emptied it already when its new content is written.
 */
export async function look(
  terminal: Terminal,
  directory: string | undefined,
  options: LookOptions & { readonly audit?: boolean; readonly committed?: false },
): Promise<Look> {
  const where = stateDirectoryOf(terminal, options);
  if (options.audit !== true) return await lookWith(lastAudits(where), terminal, directory, options);
  return await withAuditsNow(where, await progressOn(terminal), (audits) =>
    lookWith(audits, terminal, directory, options),
  );
}

async function lookWith(
  audits: LookAudits,
  terminal: Terminal,
  directory: string | undefined,
  options: LookOptions & { readonly committed?: false },
): Promise<Look> {
  const settings = await targetOf(terminal, directory, options);
  const stored = await readTargetBaselines(stateDirectoryOf(terminal, options), settings);
  const committed = options.committed === false ? undefined : await readCommitted(settings.workspace);
  const pass = await observe(settings, readMachine(), systemClock, audits);
  const state = evaluate({
    observation: pass.observation,
    pool: settings.pool,
    home: pass.home,
    baseline: chooseBaseline(
      { mode: settings.baseline, ...stored, ...(committed === undefined ? {} : { committed }) },
      sha256Hex,
    ),
    pins: pass.pins,
    required: settings.required,
    collectors: pass.observation.runs.map((run) => ({
      collector: run.collector,
      success: run.success,
      durationSeconds: (run.end - run.start) / 1000,
      ...(run.why === undefined ? {} : { why: run.why }),
    })),
    counters: emptyMemory.counters,
    open: {},
    digest: sha256Hex,
  });
  return { settings, state, observation: pass.observation };
}
