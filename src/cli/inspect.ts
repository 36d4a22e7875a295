/** Observes one workspace once, for commands such as `check`, `snapshot` and `baseline`. Writes nothing. */

import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import type { Baseline } from '../drift/choose-baseline.ts';
import { editedFindings } from '../drift/committed.ts';
import { type Exemptions, exemptionsOf, noExemptions } from '../drift/exemptions.ts';
import type { LostBaseline } from '../drift/lost-baseline.ts';
import type { Observation } from '../drift/model.ts';
import type { TargetState } from '../drift/state.ts';
import { advance } from '../drift/step.ts';
import { noPast, nothingRemembered, type Observed, type Remembered } from '../drift/step-data.ts';
import type { Emitter } from '../drift/transition.ts';
import { refusals } from '../host/counted-fs.ts';
import { randomHex, sha256Hex } from '../host/digest.ts';
import { isDirectory, realPathOf, stampOf } from '../host/files.ts';
import { readMachine, systemClock } from '../host/machine.ts';
import type { Confirmation } from '../observe/collectors/env/env.ts';
import type { ReadEnvironment } from '../observe/environment/process-environment.ts';
import { observe } from '../observe/observer.ts';
import type { TargetSettings } from '../observe/target.ts';
import { hasBaseline, readTargetBaselines } from '../store/peek.ts';
import { peekSecretKey } from '../store/secret-key.ts';
import { stateDirectoryPath } from '../store/state-directory.ts';
import { refuseSharedState } from '../store/trusted-directory.ts';
import { type KeepList, lastAudits, withAuditsNow } from './audits.ts';
import { compareCommitted, readCommitted } from './committed.ts';
import { progressOn } from './progress.ts';
import { noWorkspace } from './settings/configured-targets.ts';
import { defaultTargets } from './settings/settings.ts';
import { refineTarget } from './settings/workspace-file.ts';
import type { Terminal } from './terminal.ts';

export interface InspectOptions {
  readonly target?: string;
  readonly stateDirectory?: string;
  /** Compares with no baseline: `snapshot > .godrift.snapshot` has already emptied the file in the shell. */
  readonly alone?: true;
  /** Reports a missing baseline as a finding. */
  readonly requireBaseline?: boolean;
  /** Compares with the committed baseline of this revision instead of the working tree's. */
  readonly baselineRef?: string;
  /** The target, if it is already known. */
  readonly settings?: TargetSettings;
  /** With it, the real go is asked to confirm what the files say. */
  readonly confirmation?: Confirmation;
  /** The environment to use instead of the target's own. */
  readonly environment?: ReadEnvironment;
}

/**
 * Returns the target of a command: the given directory, or the workspace that the working directory belongs
 * to. Throws AppError if it is not a directory.
 */
export async function targetOf(
  terminal: Terminal,
  directory: string | undefined,
  options: InspectOptions,
): Promise<TargetSettings> {
  const file = path.resolve(terminal.cwd, directory ?? '');
  if (directory !== undefined && !isDirectory({ root: '/', path: file }))
    throw noWorkspace('look at', directory, file);
  const stateDirectory = stateDirectoryOf(terminal, options);
  const named = directory === undefined ? [] : [whereKnown(file, stateDirectory, options)];
  const { targets } = defaultTargets(named, terminal.cwd, {
    stateDirectory,
    ...(options.target === undefined ? {} : { name: options.target }),
  });
  return await refineTarget({
    ...(targets[0] as TargetSettings),
    ...(options.target === undefined ? {} : { name: options.target }),
  });
}

/**
 * Returns a directory as it was named. Returns its real path instead if a baseline is stored only under that:
 * a command that runs inside the directory gets the real path from the system.
 */
function whereKnown(
  named: string,
  stateDirectory: string,
  { target: name = 'default' }: InspectOptions,
): string {
  const real = realPathOf({ root: '/', path: named });
  if (real === undefined || real === named) return named;
  const isKnown = (workspace: string) => hasBaseline(stateDirectory, { name, workspace });
  return !isKnown(named) && isKnown(real) ? real : named;
}

/** Returns the absolute path of the state directory. Throws AppError if other users can write to it. */
export function stateDirectoryOf(terminal: Terminal, options: InspectOptions): string {
  const named = options.stateDirectory || terminal.env.get('GODRIFT_STATE_DIRECTORY');
  const directory = path.resolve(terminal.cwd, named || stateDirectoryPath(terminal.env));
  refuseSharedState(directory);
  return directory;
}

/**
 * Returns the exemptions of a target. A damaged file is reported on stderr and left to the exporter. The
 * schema library is loaded only if there is a file.
 */
async function exemptionsFor(
  terminal: Terminal,
  stateDirectory: string,
  target: TargetSettings,
): Promise<Exemptions> {
  if (stampOf({ root: '/', path: path.join(stateDirectory, 'exemptions.json') }) === undefined)
    return noExemptions;
  const { peekExemptions } = await import('../store/exemptions.ts');
  const { value, problem } = peekExemptions(stateDirectory);
  if (problem !== undefined) terminal.stderr.write(`godrift: ${visible(problem)}\n`);
  return exemptionsOf(value, [], target);
}

/**
 * Returns what an observation is compared with: the committed baseline, and the baselines that the exporter
 * of this user has stored.
 */
async function baselinesOf(
  terminal: Terminal,
  options: InspectOptions,
  settings: TargetSettings,
): Promise<
  Pick<Observed, 'committed' | 'revision' | 'committedFindings' | 'accepted' | 'lostAccepted'> & Stored
> {
  const { baselineRef: revision } = options;
  if (revision !== undefined && settings.workspace === '')
    throw new AppError(
      'cannot use --baseline-ref',
      'this host is not a workspace',
      'name the directory of one',
    );
  const comparison =
    revision === undefined ? undefined : await compareCommitted(terminal, settings.workspace, revision);
  const committed = comparison === undefined ? readCommitted(settings.workspace) : comparison.there;
  const { accepted, learned, lost } = readTargetBaselines(stateDirectoryOf(terminal, options), settings);
  const lostOfKind = (kind: LostBaseline['kind']) => lost.find((one) => one.kind === kind);
  const [lostAccepted, lostLearned] = [lostOfKind('accepted'), lostOfKind('learned')];
  return {
    ...(committed === undefined ? {} : { committed }),
    ...(comparison === undefined
      ? {}
      : { revision: comparison.revision, committedFindings: editedFindings(comparison) }),
    ...(accepted === undefined ? {} : { accepted }),
    ...(lostAccepted === undefined ? {} : { lostAccepted }),
    remembered: {
      ...nothingRemembered,
      ...(accepted === undefined ? {} : { acceptedTold: accepted.time }),
      ...(learned === undefined ? {} : { learned }),
      ...(lostLearned === undefined ? {} : { lostLearned }),
    },
  };
}

/** What the exporter would remember of the target. */
interface Stored {
  readonly remembered: Remembered;
}

/** The findings of a command are not recorded, so they need no signature. */
const unrecorded: Emitter = { resource: {}, version: '', randomId: randomHex, digest: sha256Hex };

/** The result of an inspection. */
export interface Inspection {
  readonly settings: TargetSettings;
  readonly state: TargetState;
  /** The baseline that the state was compared with. */
  readonly baseline: Baseline;
  readonly observation: Observation;
}

/**
 * Observes and evaluates a target once. Without `audit`, results about caches and toolchains are the last
 * ones of a running exporter.
 */
export async function inspect(
  terminal: Terminal,
  directory: string | undefined,
  options: InspectOptions & {
    readonly audit?: boolean;
    /** Receives the file lists that an audit made. */
    readonly keepList?: KeepList;
  },
): Promise<Inspection> {
  const where = stateDirectoryOf(terminal, options);
  if (options.audit !== true) return await lookWith(lastAudits(where), terminal, directory, options);
  return await withAuditsNow(
    where,
    await progressOn(terminal),
    (audits) => lookWith(audits, terminal, directory, options),
    options.keepList,
  );
}

async function lookWith(
  audits: ReturnType<typeof lastAudits>,
  terminal: Terminal,
  directory: string | undefined,
  options: InspectOptions,
): Promise<Inspection> {
  const why = refusals();
  const settings = options.settings ?? (await targetOf(terminal, directory, options));
  const { remembered, ...baselines }: Partial<Awaited<ReturnType<typeof baselinesOf>>> =
    options.alone === true ? {} : await baselinesOf(terminal, options, settings);
  const secretKey = options.alone === true ? undefined : peekSecretKey(stateDirectoryOf(terminal, options));
  const { observation, home, pins } = await observe(settings, readMachine(), systemClock, {
    ...audits,
    ...(secretKey === undefined ? {} : { secretKey }),
    ...(options.confirmation === undefined ? {} : { confirmation: options.confirmation }),
    ...(options.environment === undefined ? {} : { environment: options.environment }),
  });
  const { state, baseline } = advance(
    {
      ...baselines,
      observation,
      home,
      pins,
      pool: settings.pool,
      required: settings.required,
      baseline: settings.baseline,
      requireBaseline: options.requireBaseline === true,
      exemptions: await exemptionsFor(terminal, stateDirectoryOf(terminal, options), settings),
    },
    { ...noPast, ...(remembered === undefined ? {} : { remembered }) },
    unrecorded,
  );
  const refused = why();
  if (refused !== undefined)
    throw new AppError(`cannot look at ${settings.name}`, refused, 'try again when the system is well');
  return { settings, state, baseline, observation };
}
