/**
 * Reads what all collectors of a target share, once per observation: the process environment, the `go` that
 * answers, GOENV and go.env, the project's files, and, derived from them, the effective variables and the
 * toolchain that a build would use.
 */
import path from 'node:path';
import type { GoCandidate, ProjectFile } from '../../drift/facets/toolchain.ts';
import { type EnvironmentReading, isProcessUnknown } from '../../drift/model.ts';
import { knowsToolchains } from '../../go/defaults.ts';
import type { ResolvedVariable } from '../../go/getenv.ts';
import { scanGoLines } from '../../go/gomod.ts';
import {
  goworkSetting,
  inTemporary,
  isGoworkSet,
  platformOf,
  type ResolvedEnvironment,
  resolveEnvironment,
  type Surroundings,
  selectFrom,
  shippedToolchain,
  withoutGoroot,
} from '../../go/resolve-environment.ts';
import type { Selection } from '../../go/select.ts';
import { isDirectory, isExecutable, isHidden, realPathOf, stampOf } from '../../host/files.ts';
import type { Machine } from '../../host/machine.ts';
import { readAs } from '../../host/reader.ts';
import type { TargetSettings } from '../target.ts';
import { directoriesOf } from './candidates.ts';
import { type BaseSources, findGo, type GoSearchResult } from './find-go.ts';
import { type GoTree, readSettingsFile, readTree, type TreeSources } from './go-tree.ts';
import { type GoenvReading, goenvOf } from './goenv-file.ts';
import { type ReadEnvironment, readEnvironment } from './process-environment.ts';
import { findGowork, findUpward, type ProjectFiles, readProjectFiles } from './project-files.ts';
import { type RunnableGo, runnableGo } from './runnable-go.ts';
import { cachedToolchains, effectiveTree, type Switched, toolchainsOnPath } from './switch.ts';

/** All sources of an observation. */
export interface Sources extends BaseSources, ProjectFiles {
  /** Inode of the workspace's directory at the beginning of the observation. */
  readonly workspaceInode?: number;
  /** The Go tree of the `go` that answers. */
  readonly local?: GoTree;
  /** Why no `go` answers. */
  readonly missing?: string;
  /** The Go tree that a build uses, if it is on this host: the local one or the one that `go` switches to. */
  readonly effective?: GoTree;
  readonly tree: TreeSources;
  readonly selection?: Selection;
  /** Further inputs of the selection, and the directories of PATH. */
  readonly atHand?: {
    readonly hasGoMod: boolean;
    readonly onPath: ReadonlySet<string>;
    readonly cached: ReadonlyMap<string, 'unpacked' | 'zipped'>;
    readonly shipped: string;
    readonly listed: readonly string[];
  };
  /** Why the selected toolchain does not run although something with its name exists. */
  readonly switchProblem?: string;
  /**
   * The selected toolchain in the module cache, if it contains no `go` that runs, and the error of `go` then.
   */
  readonly brokenSwitch?: { readonly goroot: string; readonly says: string };
  readonly goenv: GoenvReading;
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
  /** The project file whose go and toolchain lines apply. */
  readonly project?: ProjectFile;
  /** The effective `go`, if it may be run. */
  readonly runnable: RunnableGo;
}

/**
 * Reports whether there is neither an environment nor a root to observe. A build is an exception if it cannot
 * be seen because this container has its own process namespace: then the directories mounted here are
 * observed.
 */
export function hasNoProcess({ source, readable, reason }: EnvironmentReading): boolean {
  if (readable) return false;
  return source === 'process' || (source === 'build' && reason !== 'no-shared-pid-namespace');
}

/**
 * The process of a target is gone, unreadable or cannot enter the workspace. Nothing of godrift's own process
 * stands in for it, neither root nor home.
 */
export class NoProcess extends Error {
  readonly reason: EnvironmentReading['reason'];
  constructor(reason: EnvironmentReading['reason'], why = `environment ${reason}`) {
    super(why);
    this.reason = reason;
  }
}

/**
 * Reads all sources, with the rights of the environment's user. Throws only if the workspace is gone, or its
 * process is ({@link NoProcess}).
 */
export async function readSources(
  settings: TargetSettings,
  machine: Machine,
  environment?: ReadEnvironment,
): Promise<Sources> {
  const own = environment ?? (await readEnvironment(settings, machine));
  if (hasNoProcess(own.reading)) throw new NoProcess(own.reading.reason);
  return await readAs(own.credentials, () => sourcesOf(settings, machine, own));
}

/** Reports whether the workspace is still the directory with which the observation began, by its inode. */
export function isSameWorkspace({ root, settings: { workspace }, workspaceInode }: Sources): boolean {
  return workspace === '' || stampOf({ root, path: workspace })?.inode === workspaceInode;
}

/**
 * Throws if the workspace is gone, became a symlink after a pattern found it, or may not be entered by the
 * user who builds.
 */
function requireWorkspace(root: string, { workspace, found }: TargetSettings): void {
  if (workspace === '') return;
  if (isDirectory({ root, path: workspace })) {
    if (found === undefined || root !== '/' || realPathOf({ root, path: workspace }) === found) return;
    throw Object.assign(new Error(`workspace ${workspace} became a symlink`), { code: 'ENOENT' });
  }
  // It exists but is closed to the user who builds, for whom every go command fails too.
  if (readAs('own', () => isDirectory({ root, path: workspace })))
    throw new NoProcess('denied', 'the user who builds may not enter the workspace');
  if (isHidden({ root, path: workspace }))
    throw new NoProcess('denied', 'a directory above the workspace may not be searched');
  throw Object.assign(new Error(`workspace ${workspace} is gone`), { code: 'ENOENT' });
}

async function sourcesOf(settings: TargetSettings, machine: Machine, own: ReadEnvironment): Promise<Sources> {
  requireWorkspace(own.root, settings);
  const { workspace } = settings;
  const workspaceInode = stampOf({ root: own.root, path: workspace })?.inode;
  const found = findGo(settings, machine, own);
  const { base, local } = found;
  const gomodPath = workspace === '' ? undefined : findUpward(own.root, workspace, 'go.mod');
  const goenv = goenvOf(base, base.environment.variables, local);
  const sources =
    local === undefined
      ? await withoutGo(found, goenv, gomodPath)
      : await withGo(found, local, goenv, gomodPath);
  return { ...sources, ...(workspaceInode === undefined ? {} : { workspaceInode }) };
}

/** Returns why no `go` answers; `named` is the path that the configuration names. */
function missingWhy(first: GoCandidate | undefined, named: string | undefined): string {
  if (first === undefined)
    return named === undefined
      ? 'no go on PATH: every go command fails'
      : `no go answers: ${named}, which the configuration names, cannot be examined`;
  const which =
    named === undefined
      ? first.path
      : `${first.path}, which the configuration names as the go of this target,`;
  return first.unclear === true
    ? `${which} ${first.problem}: it cannot tell which go answers`
    : `${which} ${first.problem ?? 'is not a go command'}: every go command fails`;
}

async function withoutGo(
  { base }: GoSearchResult,
  goenv: GoenvReading,
  gomodPath: string | undefined,
): Promise<Sources> {
  const { root, settings, environment } = base;
  const setting = environment.variables.get('GOWORK') ?? '';
  const gowork = findGowork(root, settings.workspace, setting, { goroot: '', version: '' });
  const project = await readProjectFiles(base, gomodPath, gowork);
  return {
    ...base,
    missing: missingWhy(base.candidates[0], settings.go),
    runnable: { why: 'no go answers', theirs: true },
    tree: { knowledge: {}, defaults: {} },
    goenv,
    variables: new Map(),
    ...project,
  };
}

/** Returns the surroundings in which a `go` of these sources runs; its go.work is not known yet. */
export function surroundingsOf(
  {
    root,
    environment,
    pathDirectories,
    settings,
  }: Pick<BaseSources, 'root' | 'environment' | 'pathDirectories' | 'settings'>,
  gomodPath: string | undefined,
): Surroundings {
  const { variables, credentials, reading } = environment;
  // A process without PATH finds no compiler, so `go` disables cgo.
  const directories = isProcessUnknown(reading) ? pathDirectories : directoriesOf(variables);
  return {
    variables,
    workspace: settings.workspace,
    gomodPath,
    goworkPath: undefined,
    lookPath: (command) => {
      const files = command.includes('/')
        ? [command]
        : directories.map((directory) => path.join(directory, command));
      return files.find((file) => isExecutable({ root, path: file }, credentials));
    },
  };
}

/** Resolves the variables of a tree's `go`, with the go.env of this root. */
export function resolveWith(
  root: string,
  tree: GoTree,
  { defaults }: TreeSources,
  around: Surroundings,
  goenv: GoenvReading,
): ResolvedEnvironment {
  return resolveEnvironment(tree, defaults, around, goenv.file, (file) => readSettingsFile(root, file));
}

/** Resolves the variables and the go.work of the local `go`. */
function resolveLocal(
  { root, settings: { workspace } }: BaseSources,
  local: GoTree,
  tree: TreeSources,
  around: Surroundings,
  goenv: GoenvReading,
) {
  const before = resolveWith(root, local, tree, around, goenv);
  const asked = {
    goroot: before.variables.get('GOROOT')?.value ?? local.goroot,
    version: local.version,
  };
  const goworkPath = findGowork(root, workspace, goworkSetting(before), asked);
  // The go.work that applies without GOWORK: the default with which a setting is compared.
  const byDefault = isGoworkSet(before) ? findGowork(root, workspace, '', asked) : goworkPath;
  const settled = { ...around, goworkPath: byDefault };
  return {
    goworkPath,
    goworkSetting: before.variables.get('GOWORK'),
    settled,
    resolved: resolveWith(root, local, tree, settled, goenv),
  };
}

/**
 * Returns the project file whose lines decide about the toolchain, with these lines; undefined if there is
 * none.
 */
function decidingFile({ gomod, gowork }: ProjectFiles, gomodIgnored: boolean): ProjectFile | undefined {
  const deciding = gowork ?? (gomodIgnored ? undefined : gomod);
  if (deciding === undefined) return undefined;
  return {
    kind: deciding === gowork ? 'go.work' : 'go.mod',
    path: deciding.path,
    ...scanGoLines(deciding.text),
  };
}

async function withGo(
  { base, listed }: GoSearchResult,
  local: GoTree,
  goenv: GoenvReading,
  gomodPath: string | undefined,
): Promise<Sources> {
  const { root, environment, home } = base;
  const localTree = readTree(root, local.goroot);
  const { goworkPath, goworkSetting, settled, resolved } = resolveLocal(
    base,
    local,
    localTree,
    surroundingsOf(base, gomodPath),
    goenv,
  );
  const project = await readProjectFiles(base, gomodPath, goworkPath, goworkSetting);
  const inTemp = inTemporary(gomodPath, environment.variables);
  const deciding = decidingFile(project, inTemp);
  const modcache = resolved.variables.get('GOMODCACHE')?.value ?? '';
  const cached = cachedToolchains(root, modcache, platformOf(local));
  const hasGoMod = gomodPath !== undefined && !inTemp;
  const onPath = toolchainsOnPath(environment, listed);
  const selection = selectFrom(local, resolved, {
    project: { ...(deciding ?? {}), file: deciding?.kind, hasGoMod },
    onPath,
    cached,
    databaseHosts: localTree.knowledge.databaseHosts,
  });
  const zipped = cached.get(selection.wanted) === 'zipped';
  const switched = effectiveTree(environment, selection, local, listed, { modcache, zipped }, home);
  return {
    ...base,
    local,
    selection,
    atHand: { hasGoMod, onPath, cached, shipped: shippedToolchain(resolved.gorootEnv), listed },
    goenv,
    ...project,
    ...inForce(base, { local, localTree, resolved, settled, goenv, project }, switched),
    ...(deciding === undefined ? {} : { project: deciding }),
  };
}

interface LocalGo {
  readonly local: GoTree;
  readonly localTree: TreeSources;
  readonly resolved: ResolvedEnvironment;
  readonly settled: Surroundings;
  readonly goenv: GoenvReading;
  readonly project: ProjectFiles;
}

/**
 * Returns what applies to a build: values of the local `go`, or of the toolchain that it switches to, which
 * reads its own go.env.
 */
function inForce(
  base: BaseSources,
  { local, localTree, resolved, settled, goenv, project }: LocalGo,
  { tree: effective, problem: switchProblem, broken: brokenSwitch }: Switched,
): Pick<Sources, 'effective' | 'tree' | 'variables' | 'runnable' | 'switchProblem' | 'brokenSwitch'> {
  const { root } = base;
  const other = effective !== undefined && effective.realPath !== local.realPath ? effective : undefined;
  const tree = other === undefined ? localTree : readTree(root, other.goroot);
  const { variables } =
    other === undefined ? resolved : resolveWith(root, other, tree, withoutGoroot(settled), goenv);
  // Go versions before 1.21 do not read the variable by which they were selected.
  const gotoolchain = resolved.variables.get('GOTOOLCHAIN');
  if (other !== undefined && gotoolchain !== undefined && !knowsToolchains(other.version))
    variables.set('GOTOOLCHAIN', gotoolchain);
  const known = effective === undefined ? {} : { effective };
  const gowork = project.gowork === undefined ? {} : { gowork: project.gowork };
  return {
    ...known,
    tree,
    variables,
    runnable: runnableGo({ ...base, ...known, ...gowork }),
    ...(switchProblem === undefined ? {} : { switchProblem }),
    ...(brokenSwitch === undefined ? {} : { brokenSwitch }),
  };
}
