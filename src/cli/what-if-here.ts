/**
 * `godrift what-if` for the current workspace: observes it as it is and as it would be after the changes.
 * Writes nothing and starts no other program.
 */
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';
import { factsOf, type Observation } from '../drift/model.ts';
import type { Changes, LineChanges } from '../explain/what-if/changes.ts';
import { withGoLines } from '../explain/what-if/edited.ts';
import type { HostEvidence } from '../explain/what-if/evidence.ts';
import { answerOfLooks, type Look, withOtherGo } from '../explain/what-if/looks.ts';
import { whatIfMember } from '../explain/what-if/member.ts';
import type { WhatIfMember } from '../explain/what-if/model.ts';
import { sightingOf } from '../explain/what-if/read.ts';
import { restoreNames } from '../go/goenv-merge.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile, realPathOf, stampOf } from '../host/files.ts';
import { readMachine } from '../host/machine.ts';
import { type PlannedFile, withPlannedFiles } from '../host/planned-files.ts';
import { readEnvironment } from '../observe/environment/process-environment.ts';
import { findUpward } from '../observe/environment/project-files.ts';
import { publishedTarget } from '../tell/reports/document.ts';
import { type Inspection, type InspectOptions, inspect } from './inspect.ts';
import type { Terminal } from './terminal.ts';
import { version } from './version.ts';

/** Returns what this host contributes to the choice of a toolchain; undefined where no go answers. */
function hostEvidence(observation: Observation): HostEvidence | undefined {
  const { switches, project } = factsOf(observation, 'toolchain') ?? {};
  if (switches === undefined) return undefined;
  const { local, shipped, hasGoMod, onPath, cached } = switches;
  const setting = (name: string) => switches.settings.get('local')?.get(name) ?? '';
  return {
    local: local.version,
    shipped: { gotoolchain: shipped, goproxy: setting('GOPROXY'), gosumdb: setting('GOSUMDB') },
    hasGoMod,
    go: project?.go ?? '',
    toolchain: project?.toolchain ?? '',
    onPath: [...onPath],
    cached: [...cached],
  };
}

const nameOf = ({ state }: Look, { cwd }: Terminal) => state.workspace || cwd;

/** Observes once. Throws AppError if the target cannot be read. */
async function lookAt(terminal: Terminal, options: InspectOptions): Promise<Inspection> {
  const looked = await inspect(terminal, undefined, options);
  const { readable } = looked.state;
  if (readable.ok) return looked;
  const name = visible(nameOf(looked, terminal));
  throw new AppError(`cannot look at ${name}`, readable.reason, 'see godrift check');
}

/**
 * Plans an edited version of a file, under its name and its real path. Throws AppError if it cannot be read.
 */
function planned(
  file: string,
  edit: (bytes: Uint8Array) => Uint8Array,
): readonly (readonly [string, PlannedFile])[] {
  const at = { root: '/', path: file } as const;
  const [read, real, stamp] = [readFile(at), realPathOf(at), stampOf(at)];
  if (!read.ok)
    throw new AppError(`cannot read ${visible(file)}`, read.why, 'make it readable for this user');
  const bytes = edit(read.bytes);
  const plan: PlannedFile = {
    kind: 'file',
    real: real ?? file,
    bytes,
    sha256: sha256Hex(bytes),
    mode: (stamp?.mode ?? 0o644) & 0o777,
    uid: read.owner,
  };
  return [...new Set([file, plan.real])].map((name) => [name, plan]);
}

/**
 * Plans a go.mod or go.work with changed lines; empty if none of its lines change. Throws AppError if there
 * is no such file.
 */
function plannedLines(
  name: 'go.mod' | 'go.work',
  lines: LineChanges,
  file: string | undefined,
): readonly (readonly [string, PlannedFile])[] {
  if (lines.go === undefined && lines.toolchain === undefined) return [];
  if (file === undefined)
    throw new AppError(
      `cannot use ${name.replace('.', '_')}.${lines.go === undefined ? 'toolchain' : 'go'}`,
      `there is no ${name} here`,
      'run this in a module or workspace that has one',
    );
  return planned(file, (bytes) => Buffer.from(withGoLines(Buffer.from(bytes).toString('utf8'), lines)));
}

/** Returns the path of the go.work that is or would be in force. */
function workFile({ observation, settings: { workspace } }: Inspection, gowork: string): string | undefined {
  const project = factsOf(observation, 'toolchain')?.project;
  if (project?.kind === 'go.work') return project.path;
  if (gowork.startsWith('/')) return gowork;
  return workspace === '' ? undefined : findUpward('/', workspace, 'go.work');
}

/** Observes the workspace with the changes applied. */
async function lookAfter(terminal: Terminal, before: Inspection, changes: Changes): Promise<Inspection> {
  const { settings, observation } = before;
  const environment = await readEnvironment(settings, readMachine());
  const variables = new Map(environment.variables);
  const gone = [...changes.variables].flatMap(([name, value]) => (value === '' ? [name] : []));
  for (const [name, value] of changes.variables) variables.set(name, value);
  for (const name of gone) variables.delete(name);
  const goenv = factsOf(observation, 'env')?.goenv;
  const { workspace } = settings;
  const files = new Map([
    // A variable that is unset in the process must not come back from its line in the GOENV file.
    ...(gone.length > 0 && goenv?.state === 'read'
      ? planned(goenv.path, (bytes) => restoreNames(new Uint8Array(), bytes, new Set(gone)))
      : []),
    ...plannedLines(
      'go.mod',
      changes.goMod,
      workspace === '' ? undefined : findUpward('/', workspace, 'go.mod'),
    ),
    ...plannedLines('go.work', changes.goWork, workFile(before, variables.get('GOWORK') ?? '')),
  ]);
  return await withPlannedFiles(files, () =>
    lookAt(terminal, { settings, environment: { ...environment, variables } }),
  );
}

/**
 * Predicts the effect of another go that is first on PATH. Throws AppError if there are more entries than a
 * snapshot may hold.
 */
function otherGo(terminal: Terminal, { state, observation }: Look, changes: Changes): WhatIfMember {
  const name = nameOf({ state, observation }, terminal);
  const { target: _, ...published } = publishedTarget(state, state.entries, version);
  const seen = sightingOf(published, { name, pool: '' });
  if (seen === undefined)
    throw new AppError(`cannot look at ${visible(name)}`, 'it has too many entries', 'name a snapshot');
  const host = hostEvidence(observation);
  const { go } = changes;
  const alone: Changes = {
    variables: new Map(),
    goMod: {},
    goWork: {},
    given: [],
    ...(go === undefined ? {} : { go }),
  };
  return whatIfMember({ ...seen, ...(host === undefined ? {} : { host }) }, alone);
}

/**
 * Returns the answer for the current workspace. Throws AppError if it cannot be observed, or if a file whose
 * lines are to change does not exist.
 */
export async function whatIfHere(terminal: Terminal, changes: Changes): Promise<WhatIfMember> {
  const before = await lookAt(terminal, {});
  const isGoAlone = changes.given.every(({ key }) => key === 'go');
  const after = isGoAlone ? before : await lookAfter(terminal, before, changes);
  const { state } = before;
  return {
    name: nameOf(before, terminal),
    pool: state.pool,
    time: new Date(state.time).toISOString(),
    ...(changes.go === undefined
      ? answerOfLooks(before, after)
      : withOtherGo(before, after, otherGo(terminal, after, changes))),
  };
}
