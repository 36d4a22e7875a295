/** One look at one workspace by a command: what `check`, `snapshot` and `baseline` share. Writes nothing. */

import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { type BaselineSources, chooseBaseline, type StoredSnapshot } from '../drift/choose-baseline.ts';
import { evaluate } from '../drift/evaluate.ts';
import { type Exemptions, exemptionsOf, noExemptions } from '../drift/exemptions.ts';
import type { Observation } from '../drift/model.ts';
import { parseSnapshot } from '../drift/snapshot.ts';
import type { TargetState } from '../drift/state.ts';
import { emptyMemory } from '../drift/transition.ts';
import { sha256Hex } from '../host/digest.ts';
import { isDirectory, readFile, stampOf } from '../host/files.ts';
import { readMachine, systemClock } from '../host/machine.ts';
import { observe } from '../observe/observer.ts';
import type { TargetSettings } from '../observe/target.ts';
import { readTargetBaselines } from '../store/peek.ts';
import { peekSecretKey } from '../store/secret-key.ts';
import { stateDirectoryPath } from '../store/state-directory.ts';
import { type LookAudits, lastAudits, withAuditsNow } from './audits.ts';
import { progressOn } from './progress.ts';
import { defaultTargets } from './settings.ts';
import type { Terminal } from './terminal.ts';
import { refineTarget } from './workspace-file.ts';

export interface LookOptions {
  readonly target?: string;
  readonly stateDirectory?: string;
  /** Compares with nothing: a shell has already emptied the file that `snapshot > .godrift.snapshot` writes. */
  readonly alone?: true;
}

/** Ten times what the largest repositories have: 2,000 modules in 300 KB. */
const committedLimit = { bytes: 4 * 1024 * 1024, entries: 20_000 };

/** The committed baseline of a workspace, or undefined. Throws AppError for a file that is no snapshot. */
export async function readCommitted(workspace: string): Promise<StoredSnapshot | undefined> {
  if (workspace === '') return undefined;
  const file = path.join(workspace, '.godrift.snapshot');
  const read = await readFile({ root: '/', path: file }, committedLimit.bytes);
  if (!read.ok) {
    if (read.failure === 'absent') return undefined;
    throw new AppError(`cannot read ${file}`, read.why, 'restore it from version control, or remove it');
  }
  try {
    return parseSnapshot(read.bytes, committedLimit.entries);
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

/** What is exempt here; a damaged file is said and left to the exporter. The schema library is loaded only where there is a file. */
async function exemptionsFor(
  terminal: Terminal,
  stateDirectory: string,
  target: TargetSettings,
): Promise<Exemptions> {
  if ((await stampOf({ root: '/', path: path.join(stateDirectory, 'exemptions.json') })) === undefined)
    return noExemptions;
  const { peekExemptions } = await import('../store/exemptions.ts');
  const { value, problem } = await peekExemptions(stateDirectory);
  if (problem !== undefined) terminal.stderr.write(`godrift: ${visible(problem)}\n`);
  return exemptionsOf(value, [], target);
}

async function baselinesOf(
  terminal: Terminal,
  options: LookOptions,
  settings: TargetSettings,
): Promise<Omit<BaselineSources, 'mode'>> {
  const committed = await readCommitted(settings.workspace);
  const stored = await readTargetBaselines(stateDirectoryOf(terminal, options), settings);
  return { ...stored, ...(committed === undefined ? {} : { committed }) };
}

/** What a look found. */
export interface Look {
  readonly settings: TargetSettings;
  readonly state: TargetState;
  readonly observation: Observation;
}

/** Observes and evaluates once. Without `audit`, of caches and toolchains what a running exporter knows. */
export async function look(
  terminal: Terminal,
  directory: string | undefined,
  options: LookOptions & { readonly audit?: boolean },
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
  options: LookOptions,
): Promise<Look> {
  const settings = await targetOf(terminal, directory, options);
  const sources = options.alone === true ? {} : await baselinesOf(terminal, options, settings);
  const secretKey =
    options.alone === true ? undefined : await peekSecretKey(stateDirectoryOf(terminal, options));
  const pass = await observe(settings, readMachine(), systemClock, {
    ...audits,
    ...(secretKey === undefined ? {} : { secretKey }),
  });
  const state = evaluate({
    observation: pass.observation,
    pool: settings.pool,
    home: pass.home,
    baseline: chooseBaseline({ mode: settings.baseline, ...sources }, sha256Hex),
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
    exemptions: await exemptionsFor(terminal, stateDirectoryOf(terminal, options), settings),
    digest: sha256Hex,
  });
  return { settings, state, observation: pass.observation };
}
