/**
 * What every collector of a target starts from, read once a pass: the process environment, the go that answers, GOENV and
 * go.env, the project's files, and from them the effective variables and the toolchain that a build here would use.
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
import { type Base, type Found, findGo } from './find-go.ts';
import { type GoTree, readSettingsFile, readTree, type TreeSources } from './go-tree.ts';
import { type GoenvReading, goenvOf } from './goenv-file.ts';
import { type ReadEnvironment, readEnvironment } from './process-environment.ts';
import { findGowork, findUpward, type ProjectFiles, readProjectFiles } from './project-files.ts';
import { type RunnableGo, runnableGo } from './runnable-go.ts';
import { cachedToolchains, effectiveTree, type Switched, toolchainsOnPath } from './switch.ts';

/** All of it, and whether a go answers. */
export interface Sources extends Base, ProjectFiles {
  /** Of the workspace's directory, when the look began. */
  readonly workspaceInode?: number;
  /** The go that answers; its own tree. */
  readonly local?: GoTree;
  /** Why none does. */
  readonly missing?: string;
  /** The tree that a build uses, when it is on this host: the local one or the one that is switched to. */
  readonly effective?: GoTree;
  readonly tree: TreeSources;
  readonly selection?: Selection;
  /** What else the selection was made of, and the directories of PATH. */
  readonly atHand?: {
    readonly hasGoMod: boolean;
    readonly onPath: ReadonlySet<string>;
    readonly cached: ReadonlyMap<string, 'unpacked' | 'zipped'>;
    readonly shipped: string;
    readonly listed: readonly string[];
  };
  /** Why the toolchain that is switched to does not run, although something of its name is there. */
  readonly switchProblem?: string;
  /** The toolchain of the module cache that is switched to and has no go that runs, and what go says then. */
  readonly brokenSwitch?: { readonly goroot: string; readonly says: string };
  readonly goenv: GoenvReading;
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
  /** The file whose go and toolchain lines count. */
  readonly project?: ProjectFile;
  /** The go that builds, if it may be asked. */
  readonly runnable: RunnableGo;
}

/**
 * Whether there is no environment to look with, and no root either. A build that cannot be seen, for this container has a process namespace of its
 * own, leaves the files that are mounted here.
 */
export function isOfNobody({ source, readable, reason }: EnvironmentReading): boolean {
  if (readable) return false;
  return source === 'process' || (source === 'build' && reason !== 'no-shared-pid-namespace');
}

/** The process of a target is gone, not to be read or kept out of the workspace: nothing of this process stands in for it, neither root nor home. */
export class NoProcess extends Error {
  readonly reason: EnvironmentReading['reason'];
  constructor(reason: EnvironmentReading['reason'], why = `environment ${reason}`) {
    super(why);
    this.reason = reason;
  }
}

/**
 * Reads everything, with the rights of whose environment it is. Throws only when the workspace itself is gone, or the process that is looked
 * at ({@link NoProcess}).
 */
export async function readSources(
  settings: TargetSettings,
  machine: Machine,
  environment?: ReadEnvironment,
): Promise<Sources> {
  const own = environment ?? (await readEnvironment(settings, machine));
  if (isOfNobody(own.reading)) throw new NoProcess(own.reading.reason);
  return await readAs(own.credentials, () => sourcesOf(settings, machine, own));
}

/** Whether the directory of a workspace is there and is the one that a look began with, known by its inode: what was read is of no other one. */
export function isSameWorkspace({ root, settings: { workspace }, workspaceInode }: Sources): boolean {
  return workspace === '' || stampOf({ root, path: workspace })?.inode === workspaceInode;
}

/** Throws for a workspace that is gone, became a link after a pattern found it, or that whoever builds may not enter. */
function requireWorkspace(root: string, { workspace, found }: TargetSettings): void {
  if (workspace === '') return;
  if (isDirectory({ root, path: workspace })) {
    if (found === undefined || root !== '/' || realPathOf({ root, path: workspace }) === found) return;
    throw Object.assign(new Error(`workspace ${workspace} became a link`), { code: 'ENOENT' });
  }
  // There, but not for whoever builds: no go command gets further either.
  if (readAs('own', () => isDirectory({ root, path: workspace })))
    throw new NoProcess('denied', 'whoever builds may not enter the workspace');
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

/** Why no go answers; `named` is the one that the configuration names. */
function missingWhy(first: GoCandidate | undefined, named: string | undefined): string {
  if (first === undefined)
    return named === undefined
      ? 'no go on PATH: every go command fails'
      : `no go answers: ${named}, which the configuration names, is not to be seen`;
  const which =
    named === undefined
      ? first.path
      : `${first.path}, which the configuration names as the go of this target,`;
  return first.unclear === true
    ? `${which} ${first.problem}: it cannot tell which go answers`
    : `${which} ${first.problem ?? 'is no go'}: every go command fails`;
}

async function withoutGo(
  { base }: Found,
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

/** In what a go runs that is looked for in these sources; its go.work is not known yet. */
export function surroundingsOf(
  {
    root,
    environment,
    pathDirectories,
    settings,
  }: Pick<Base, 'root' | 'environment' | 'pathDirectories' | 'settings'>,
  gomodPath: string | undefined,
): Surroundings {
  const { variables, credentials, reading } = environment;
  // A process without PATH finds no compiler, wherever one may lie: go turns cgo off there.
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

/** Resolves the variables of a tree's go, with the go.env of this root. */
export function resolveWith(
  root: string,
  tree: GoTree,
  { defaults }: TreeSources,
  around: Surroundings,
  goenv: GoenvReading,
): ResolvedEnvironment {
  return resolveEnvironment(tree, defaults, around, goenv.file, (file) => readSettingsFile(root, file));
}

/** The variables of the local go, and its go.work. */
function resolveLocal(
  { root, settings: { workspace } }: Base,
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
  // What go would find if GOWORK named none: the default that a setting differs from.
  const byDefault = isGoworkSet(before) ? findGowork(root, workspace, '', asked) : goworkPath;
  const settled = { ...around, goworkPath: byDefault };
  return {
    goworkPath,
    goworkSetting: before.variables.get('GOWORK'),
    settled,
    resolved: resolveWith(root, local, tree, settled, goenv),
  };
}

/** The file whose lines decide about the toolchain, with them; undefined without one. */
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
  { base, listed }: Found,
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

/** What holds for a build: of the local go, or of the one that it switches to, which reads its settings anew from its own go.env. */
function inForce(
  base: Base,
  { local, localTree, resolved, settled, goenv, project }: LocalGo,
  { tree: effective, problem: switchProblem, broken: brokenSwitch }: Switched,
): Pick<Sources, 'effective' | 'tree' | 'variables' | 'runnable' | 'switchProblem' | 'brokenSwitch'> {
  const { root } = base;
  const other = effective !== undefined && effective.realPath !== local.realPath ? effective : undefined;
  const tree = other === undefined ? localTree : readTree(root, other.goroot);
  const { variables } =
    other === undefined ? resolved : resolveWith(root, other, tree, withoutGoroot(settled), goenv);
  // A Go of before 1.21 does not read the variable by which it was chosen.
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
