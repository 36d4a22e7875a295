/**
 * What every collector of a target starts from, read once a pass: the process environment, the go that answers, GOENV and
 * go.env, the project's files, and from them the effective variables and the toolchain that a build here would use.
 */
import path from 'node:path';
import type {
  EnvFacts,
  EnvironmentReading,
  GoCandidate,
  ProjectFile,
  RelativeEntry,
} from '../drift/model.ts';
import type { Pin } from '../drift/pins.ts';
import { pinsOf } from '../drift/project-pins.ts';
import { type ToolPin, toolPinsOf } from '../drift/tool-pins.ts';
import { type GoFacts, goMinor, knowsToolchains } from '../go/defaults.ts';
import {
  goenvPath,
  gorootEnvPath,
  type ResolvedVariable,
  resolveVariables,
  type SettingsFile,
} from '../go/getenv.ts';
import { parseGoenv } from '../go/goenv.ts';
import { type GoMod, parseGoMod, scanGoLines } from '../go/gomod.ts';
import { type GoWork, parseGoWork } from '../go/gowork.ts';
import { refusingHost } from '../go/platform.ts';
import { localToolchain, type Selection, selectToolchain, toolchainCachePaths } from '../go/select.ts';
import { isWithin } from '../host/checked-program.ts';
import { type Credentials, mayExecute } from '../host/credentials.ts';
import {
  isDirectory,
  isExecutable,
  linksOn,
  listDirectory,
  readFile,
  stampOf,
  tooLarge,
} from '../host/files.ts';
import type { Machine } from '../host/machine.ts';
import { readAs } from '../host/reader.ts';
import { type Code, codeOf, isOutside, repositoryOf } from './code.ts';
import { namesIn } from './directory-names.ts';
import { type ReadEnvironment, readEnvironment } from './environment.ts';
import {
  buildInfoAt,
  type GoTree,
  goTreeAt,
  readSettingsFile,
  readTree,
  scriptProblem,
  type TreeSources,
} from './go-tree.ts';
import { goLinesAlone, linkedOut } from './linked-out.ts';
import { readMiseProject } from './mise-files.ts';
import { readRelativeEntries, relativeEntries } from './relative-path.ts';
import { type RunnableGo, runnableGo } from './runnable-go.ts';
import { followShim, type ShimAsker } from './shims.ts';
import type { TargetSettings } from './target.ts';

/** go.mod or go.work as found: its path, its text scan and its parse. */
export interface ProjectSource<T> {
  readonly path: string;
  readonly text: string;
  readonly file: T;
  /** Why it could not be read although it is there. */
  readonly problem?: string;
}

export interface Sources {
  readonly settings: TargetSettings;
  readonly machine: Machine;
  readonly environment: ReadEnvironment;
  readonly root: string;
  readonly home: string;
  readonly candidates: readonly GoCandidate[];
  /** The go that answers; its own tree. */
  readonly local?: GoTree;
  /** Why none does. */
  readonly missing?: string;
  /** The tree that a build uses, when it is on this host: the local one or the one that is switched to. */
  readonly effective?: GoTree;
  readonly tree: TreeSources;
  readonly selection?: Selection;
  /** Why the toolchain that is switched to does not run, although something of its name is there. */
  readonly switchProblem?: string;
  /** The toolchain of the module cache that is switched to and has no go that runs, and what go says then. */
  readonly brokenSwitch?: { readonly goroot: string; readonly says: string };
  readonly goenv: Pick<EnvFacts, 'goenv'>['goenv'] & { readonly file?: SettingsFile };
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
  readonly gomod?: ProjectSource<GoMod>;
  readonly gowork?: ProjectSource<GoWork>;
  readonly project?: ProjectFile;
  readonly pins: readonly Pin[];
  readonly toolPins: readonly ToolPin[];
  /** Directories of PATH in their order; without one the usual places. */
  readonly pathDirectories: readonly string[];
  /** The other entries of PATH, which mean another directory in each folder. */
  readonly relativeEntries: readonly RelativeEntry[];
  /** Files of the project that are links out of the code. */
  readonly linkedOut: readonly string[];
  readonly code: Code;
  /** The repository that the workspace lies in. */
  readonly repository?: string;
  /** The go that builds, if it may be asked. */
  readonly runnable: RunnableGo;
  /** Every file whose change may change the result: what the watcher watches. */
  readonly files: readonly string[];
}

/** The largest go.mod of the repositories that we looked at has 88 KB (a Collector distribution), go.work 3 KB. */
const modLimit = 1024 * 1024;

/** Directories where a go is usually installed, for services without a PATH and for the target `host`. */
function usualDirectories(root: string, home: string): readonly string[] {
  const below = (directory: string, pattern: RegExp) =>
    listDirectory({ root, path: directory })
      .filter((name) => pattern.test(name))
      .map((name) => path.join(directory, name, 'bin'));
  return [
    '/usr/local/go/bin',
    '/usr/local/bin',
    '/usr/bin',
    ...below('/usr/lib', /^go-\d/),
    ...below('/usr/local', /^go\d/),
    ...(home === '' ? [] : below(path.join(home, 'sdk'), /^go/)),
  ];
}

/** Every go on a PATH, in its order. */
interface Candidates {
  readonly candidates: readonly GoCandidate[];
  readonly trees: ReadonlyMap<string, GoTree>;
  /** What a version manager sets for the first one, where that is its shim. */
  readonly shimmed: ReadonlyMap<string, string>;
  /** Files by which shims choose. */
  readonly files: readonly string[];
}

type NoGo = { readonly problem: string; readonly realPath?: string };

/** A go that this machine cannot start is none. Linux may have been told to start it with an emulator (binfmt_misc), under any name. */
function ofThisMachine(tree: GoTree | NoGo, machine: Machine): GoTree | NoGo {
  if ('problem' in tree) return tree;
  const host = refusingHost(tree, machine);
  if (host === undefined) return tree;
  const emulators = listDirectory({ root: '/', path: '/proc/sys/fs/binfmt_misc' });
  if (emulators.some((name) => name !== 'register' && name !== 'status')) return tree;
  return {
    problem: `is built for ${tree.os}/${tree.arch}, and this machine is ${host} ("exec format error")`,
    realPath: tree.realPath,
  };
}

function findCandidates(
  asker: ShimAsker,
  machine: Machine,
  directories: readonly string[],
  only?: string,
): Candidates {
  const { root } = asker.code;
  const { credentials } = asker;
  const candidates: GoCandidate[] = [];
  const trees = new Map<string, GoTree>();
  let shimmed: ReadonlyMap<string, string> = new Map();
  const read: string[] = [];
  // A shim that leaves go to the rest of PATH is what answers where nothing follows.
  let passed: GoCandidate | undefined;
  const files =
    only === undefined ? [...new Set(directories)].map((directory) => path.join(directory, 'go')) : [only];
  for (const file of files) {
    const stamp = stampOf({ root, path: file });
    if (stamp === undefined || stamp.directory || (stamp.mode & 0o111) === 0) continue;
    if (!mayExecute(root, file, credentials)) continue;
    let tree = ofThisMachine(goTreeAt(root, file, credentials), machine);
    let unclear = false;
    if ('problem' in tree) {
      const shim = followShim(asker, file);
      read.push(...(shim?.files ?? []));
      if (shim !== undefined && 'next' in shim) {
        passed ??= { path: file, realPath: tree.realPath ?? file, problem: shim.problem };
        continue;
      }
      if (shim !== undefined && 'binary' in shim) {
        tree = goTreeAt(root, shim.binary, credentials);
        if (candidates.length === 0) shimmed = shim.variables;
      } else if (shim !== undefined) {
        tree = { ...tree, problem: shim.problem };
      }
      unclear = shim === undefined ? 'problem' in tree && tree.problem === scriptProblem : 'unclear' in shim;
    }
    if ('problem' in tree) {
      candidates.push({
        path: file,
        realPath: tree.realPath ?? file,
        problem: tree.problem,
        ...(unclear ? { unclear } : {}),
      });
    } else {
      candidates.push({ path: file, realPath: tree.realPath, version: tree.version });
      trees.set(file, tree);
    }
  }
  if (candidates.length === 0 && passed !== undefined) candidates.push(passed);
  return { candidates, trees, shimmed, files: read };
}

/** Nearest file of that name at or above a directory; `stopAt` is a tree that Go does not look into (GOROOT). */
function findUpward(root: string, directory: string, name: string, stopAt = ''): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    const file = path.join(here, name);
    const stamp = stampOf({ root, path: file });
    if (stamp !== undefined && !stamp.directory && !(stopAt !== '' && here === stopAt)) return file;
    if (here === path.dirname(here)) return undefined;
  }
}

function readProject<T>(code: Code, file: string, parse: (bytes: Uint8Array) => T): ProjectSource<T> {
  const read = readFile({ root: code.root, path: file }, modLimit);
  // Go would read it: leaving it out would be a false answer, so nothing is answered.
  if (!read.ok && read.failure === 'too-large') throw tooLarge(`the ${path.basename(file)}`, modLimit);
  if (!read.ok) return { path: file, text: '', file: parse(new Uint8Array()), problem: read.why };
  const text = read.bytes.toString('utf8');
  if (!isOutside(code, file, read.real)) return { path: file, text, file: parse(read.bytes) };
  const lines = goLinesAlone(text);
  return { path: file, text: lines, file: parse(Buffer.from(lines)) };
}

/** `.go-version` is a word, `.tool-versions` a few lines. */
const versionFileLimit = 64 * 1024;

function textAt(code: Code, file: string | undefined): { path: string; text: string } | undefined {
  if (file === undefined) return undefined;
  const read = readFile({ root: code.root, path: file }, versionFileLimit);
  return read.ok && !isOutside(code, file, read.real)
    ? { path: file, text: read.bytes.toString('utf8') }
    : undefined;
}

/** More than any person or tool writes there; parsing more would hold the loop. */
const goenvLimit = 4 * 1024 * 1024;

function readGoenv(root: string, file: string | undefined, cwd: string): Sources['goenv'] {
  if (file === undefined) return { path: '', state: 'off', lines: [], ignored: [] };
  const resolved = path.resolve(cwd === '' ? '/' : cwd, file);
  const read = readFile({ root, path: resolved }, goenvLimit);
  // Go would read it: leaving it out would be a false answer, so nothing is answered.
  if (!read.ok && read.failure === 'too-large') throw tooLarge('the GOENV file', goenvLimit);
  if (!read.ok) {
    return read.failure === 'absent'
      ? { path: resolved, state: 'absent', lines: [], ignored: [] }
      : { path: resolved, state: 'unreadable', problem: read.why, lines: [], ignored: [] };
  }
  const parsed = parseGoenv(read.bytes);
  return {
    path: resolved,
    state: 'read',
    lines: parsed.entries,
    ignored: parsed.ignored
      .filter(({ why }) => why !== 'blank' && why !== 'comment')
      .map(({ line, why }) => ({ line, why: why.replaceAll('-', ' ') })),
    file: { path: resolved, file: parsed },
  };
}

/** The GOENV file that a process with these variables would read, if its go is this one. */
function goenvOf(
  { root, machine, home, settings }: Pick<Sources, 'root' | 'machine' | 'home' | 'settings'>,
  variables: ReadonlyMap<string, string>,
  tree: GoTree | undefined,
): Sources['goenv'] {
  const xdgConfigHome = variables.get('XDG_CONFIG_HOME');
  const file = goenvPath(variables, {
    version: tree?.version ?? '1.26',
    os: machine.platform === 'darwin' ? 'darwin' : 'linux',
    arch: '',
    goroot: tree?.goroot ?? '',
    home,
    lookPath: () => undefined,
    ...(xdgConfigHome ? { xdgConfigHome } : {}),
  });
  return readGoenv(root, file, settings.workspace);
}

interface Surroundings {
  readonly root: string;
  readonly credentials: Credentials;
  readonly variables: ReadonlyMap<string, string>;
  readonly pathDirectories: readonly string[];
  readonly workspace: string;
  readonly gomodPath: string | undefined;
  readonly goworkPath: string | undefined;
}

function goFacts(tree: GoTree, sources: TreeSources, around: Surroundings): GoFacts {
  const { variables, root, credentials } = around;
  const temp = variables.get('TMPDIR') || '/tmp';
  return {
    version: tree.version,
    runtimeVersion: tree.runtimeVersion,
    os: tree.os,
    arch: tree.arch,
    goroot: tree.goroot,
    home: variables.get('HOME') ?? '',
    ...(variables.get('XDG_CONFIG_HOME')
      ? { xdgConfigHome: variables.get('XDG_CONFIG_HOME') as string }
      : {}),
    ...(variables.get('XDG_CACHE_HOME') ? { xdgCacheHome: variables.get('XDG_CACHE_HOME') as string } : {}),
    lookPath: (command) => {
      if (command.includes('/'))
        return isExecutable({ root, path: command }, credentials) ? command : undefined;
      return around.pathDirectories
        .map((directory) => path.join(directory, command))
        .find((file) => isExecutable({ root, path: file }, credentials));
    },
    ...(around.workspace === '' ? {} : { cwd: around.workspace }),
    ...(around.gomodPath === undefined
      ? {}
      : {
          goMod: {
            path: around.gomodPath,
            inTempRoot: path.dirname(around.gomodPath) === path.resolve(temp),
          },
        }),
    ...(around.goworkPath === undefined ? {} : { goWork: around.goworkPath }),
    sources: sources.defaults,
  };
}

function withoutGoroot(around: Surroundings): Surroundings {
  const variables = new Map(around.variables);
  variables.delete('GOROOT');
  return { ...around, variables };
}

/** Resolves all variables as this tree's go would, with its own go.env. */
function resolveWith(tree: GoTree, sources: TreeSources, around: Surroundings, goenv: Sources['goenv']) {
  const facts = goFacts(tree, sources, around);
  const envFile = gorootEnvPath(around.variables, goenv.file?.file, facts);
  const gorootEnv = envFile === undefined ? undefined : readSettingsFile(around.root, envFile);
  const variables = resolveVariables({ process: around.variables, goenv: goenv.file, gorootEnv, facts });
  return { variables, gorootEnv, envFile };
}

/** Names of `goX.Y.Z` programs on PATH. */
function toolchainsOnPath(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  directories: readonly string[],
): ReadonlySet<string> {
  const found = new Set<string>();
  for (const directory of directories) {
    for (const name of namesIn({ root, path: directory }))
      if (/^go\d/.test(name) && isExecutable({ root, path: path.join(directory, name) }, credentials))
        found.add(name);
  }
  return found;
}

/**
 * Toolchains that the module cache has, by name: unpacked ones, and those that the next go command unpacks from the zip that is there
 * (modfetch.DownloadDir: a tree counts when its ziphash is there and no `.partial`, whatever is in it).
 */
function cachedToolchains(
  root: string,
  modcache: string,
  platform: string,
): ReadonlyMap<string, 'unpacked' | 'zipped'> {
  const found = new Map<string, 'unpacked' | 'zipped'>();
  const suffix = `.${platform.replace('/', '-')}`;
  const there = (file: string) => stampOf({ root, path: path.join(modcache, file) }) !== undefined;
  for (const name of listDirectory({ root, path: path.join(modcache, 'golang.org') })) {
    const match = /^toolchain@v0\.0\.1-(.+)$/.exec(name);
    if (match?.[1]?.endsWith(suffix) !== true) continue;
    const toolchain = match[1].slice(0, -suffix.length);
    const { dir, ziphash, partial } = toolchainCachePaths(toolchain, platform);
    if (!there(ziphash)) continue;
    const unpacked = isDirectory({ root, path: path.join(modcache, dir) }) && !there(partial);
    if (unpacked) found.set(toolchain, 'unpacked');
    else if (there(ziphash.replace(/hash$/, ''))) found.set(toolchain, 'zipped');
  }
  return found;
}

/** The tree that a switch leads to, or why go would refuse it. */
type Switched = {
  readonly tree?: GoTree;
  readonly problem?: string;
  readonly broken?: NonNullable<Sources['brokenSwitch']>;
};

/**
 * What go says of a toolchain of the module cache whose `bin/go` does not run; undefined where go makes it run: it sets the bits of all programs
 * when those of bin/go are not set (cmd/go/internal/toolchain, NewerToolchain and exec).
 */
function brokenGo(root: string, file: string, wanted: string, problem: string): string | undefined {
  const stamp = stampOf({ root, path: file });
  if (stamp === undefined) return `go: download ${wanted}: stat ${file}: no such file or directory`;
  if (stamp.directory) return `go: exec ${wanted}: permission denied`;
  const started = (stamp.mode & 0o111) !== 0 || stamp.size === 0;
  return started && (stamp.size === 0 || problem === 'truncated')
    ? `go: exec ${wanted}: exec format error`
    : undefined;
}

/** The tree that the selection names, when it is on this host. */
function effectiveTree(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  selection: Selection,
  local: GoTree,
  pathDirectories: readonly string[],
  { modcache, zipped }: { readonly modcache: string; readonly zipped: boolean },
  home: string,
): Switched {
  if (selection.outcome === 'local') return { tree: local };
  if (selection.outcome === 'cached' && zipped) return {};
  if (selection.outcome === 'cached') {
    const places = toolchainCachePaths(selection.wanted, `${local.os}/${local.arch}`);
    const goroot = path.join(modcache, places.dir);
    const tree = goTreeAt(root, path.join(goroot, 'bin/go'), credentials);
    if (!('problem' in tree)) return { tree };
    const says = brokenGo(root, path.join(goroot, 'bin/go'), selection.wanted, tree.problem);
    return says === undefined ? {} : { broken: { goroot, says } };
  }
  if (selection.outcome === 'path') {
    const file = pathDirectories
      .map((directory) => path.join(directory, selection.wanted))
      .find((one) => isExecutable({ root, path: one }, credentials));
    return file === undefined ? {} : treeOnPath({ root, credentials }, file, selection, home);
  }
  return {};
}

/**
 * The tree of a `goX.Y.Z` on PATH. One that golang.org/dl installed is no go but starts that of `~/sdk`, once it was downloaded
 * (golang.org/dl/internal/version); one of another version is refused (cmd/go/internal/toolchain, select.go).
 */
function treeOnPath(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  file: string,
  { wanted, effective }: Selection,
  home: string,
): Switched {
  const { info } = buildInfoAt({ root, path: file }, credentials);
  const wrapper = info?.path === `golang.org/dl/${wanted}`;
  const sdk = path.join(home, 'sdk', wanted);
  if (wrapper && stampOf({ root, path: path.join(sdk, '.unpacked-success') }) === undefined)
    return {
      problem: `${file} says that ${wanted} is not downloaded; it is a wrapper, and ${sdk} is not complete`,
    };
  const tree = goTreeAt(root, wrapper ? path.join(sdk, 'bin/go') : file, credentials);
  if ('problem' in tree) return {};
  return tree.version === effective
    ? { tree }
    : {
        tree,
        problem: `every go command fails with "toolchain go${tree.version} invoked to provide ${wanted}"`,
      };
}

/** Where go.work is looked for: GOWORK's path, nothing when it is off, else upward (modload.FindGoWork). */
function findGowork(
  root: string,
  workspace: string,
  setting: string,
  { goroot, version }: Pick<GoTree, 'goroot' | 'version'>,
): string | undefined {
  // Workspaces came with 1.18; a version that is none counts as new.
  const before = goMinor(version) !== 0 && goMinor(version) < 18;
  if (setting === 'off' || workspace === '' || before) return undefined;
  if (setting !== '' && setting !== 'auto') return setting;
  return findUpward(root, workspace, 'go.work', goroot);
}

/** The process of a target is gone, not to be read or kept out of the workspace: nothing of this process stands in for it, neither root nor home. */
export class NoProcess extends Error {
  readonly reason: EnvironmentReading['reason'];
  constructor(reason: EnvironmentReading['reason']) {
    super(`environment ${reason}`);
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
  if (own.reading.source === 'process' && !own.reading.readable) throw new NoProcess(own.reading.reason);
  return await readAs(own.credentials, () => sourcesOf(settings, machine, own));
}

async function sourcesOf(settings: TargetSettings, machine: Machine, own: ReadEnvironment): Promise<Sources> {
  const { root } = own;
  const { workspace } = settings;
  if (workspace !== '' && !isDirectory({ root, path: workspace })) {
    // There, but not for whoever builds: no go command gets further either.
    if (readAs('own', () => isDirectory({ root, path: workspace }))) throw new NoProcess('denied');
    throw Object.assign(new Error(`workspace ${workspace} is gone`), { code: 'ENOENT' });
  }
  // The home of this process is nobody else's.
  const { source } = own.reading;
  const ownHome = source === 'self' || source === 'none' ? machine.home : undefined;
  const home = own.variables.get('HOME') ?? ownHome ?? '';
  const listed = directoriesOf(own.variables);
  const usual = workspace === '' || listed.length === 0 ? usualDirectories(root, home) : [];
  const pathDirectories = [...new Set([...listed, ...usual])];
  // Go takes no program from a relative directory (exec.ErrDot); the shell that starts go does, from where it stands.
  const ofShell =
    workspace === '' || !own.variables.get('PATH')
      ? listed
      : (own.variables.get('PATH') ?? '').split(':').map((directory) => path.resolve(workspace, directory));
  const code = codeOf(root, workspace, home);
  const asker = { code, environment: own.variables, credentials: own.credentials, workspace, home };
  const found = findCandidates(asker, machine, [...ofShell, ...usual], settings.go);
  const { trees } = found;
  const PATH = own.variables.get('PATH') ?? '';
  const relative = new Map(
    settings.go === undefined
      ? relativeEntries(PATH, workspace).map(({ entry, directory }) => [path.join(directory, 'go'), entry])
      : [],
  );
  const repository = workspace === '' ? undefined : repositoryOf(root, workspace);
  const candidates = found.candidates.map((one) => {
    const entry = relative.get(one.path);
    if (entry === undefined) return one;
    return {
      ...one,
      relative: { entry, ofTheCode: code.real.some((directory) => isWithin(one.realPath, directory)) },
    };
  });
  // What a version manager sets for go is part of the environment in which go runs.
  const variables = new Map([...own.variables, ...found.shimmed]);
  const environment: ReadEnvironment = { ...own, variables };
  const first = candidates[0];
  const local = first === undefined ? undefined : trees.get(first.path);
  const gomodPath = workspace === '' ? undefined : findUpward(root, workspace, 'go.mod');
  const base = {
    settings,
    machine,
    environment,
    root,
    home,
    candidates,
    pathDirectories,
    relativeEntries: readRelativeEntries(own, PATH, workspace),
    code,
    ...(repository === undefined ? {} : { repository }),
  };
  const searched = [
    ...(settings.go === undefined
      ? [...ofShell, ...usual].map((directory) => path.join(directory, 'go'))
      : [settings.go]),
    ...found.files,
  ];

  const goenv = goenvOf(base, variables, local);

  if (local === undefined) {
    const gowork = findGowork(root, workspace, variables.get('GOWORK') ?? '', {
      goroot: '',
      version: '',
    });
    const project = await readProjectFiles(base, gomodPath, gowork);
    const why =
      first === undefined
        ? 'no go on PATH: every go command fails'
        : first.unclear === true
          ? `${first.path} ${first.problem}: it cannot tell which go answers`
          : `${first.path} ${first.problem ?? 'is no go'}: every go command fails`;
    return {
      ...base,
      missing: why,
      runnable: { why: 'no go answers', theirs: true },
      tree: { knowledge: {}, defaults: {} },
      goenv,
      variables: new Map(),
      ...project,
      files: [...searched, goenv.path, ...project.files].filter(Boolean),
    };
  }

  const localSources = readTree(root, local.goroot);
  const around: Surroundings = {
    root,
    credentials: own.credentials,
    variables,
    pathDirectories,
    workspace,
    gomodPath,
    goworkPath: undefined,
  };
  const before = resolveWith(local, localSources, around, goenv);
  const goroot = before.variables.get('GOROOT')?.value ?? local.goroot;
  const asked = { goroot, version: local.version };
  const set = before.variables.get('GOWORK');
  const goworkPath = findGowork(
    root,
    workspace,
    set?.origin.kind === 'default' ? '' : (set?.value ?? ''),
    asked,
  );
  // What go would find if GOWORK named none: the default that a setting differs from.
  const byDefault =
    set?.origin.kind === 'process' || set?.origin.kind === 'goenv'
      ? findGowork(root, workspace, '', asked)
      : goworkPath;
  const settled: Surroundings = { ...around, goworkPath: byDefault };
  const resolved = resolveWith(local, localSources, settled, goenv);
  const project = await readProjectFiles(base, gomodPath, goworkPath);
  const value = (name: string) => resolved.variables.get(name)?.value ?? '';
  const gotoolchain = resolved.variables.get('GOTOOLCHAIN');
  const inTemp =
    gomodPath !== undefined && path.dirname(gomodPath) === path.resolve(variables.get('TMPDIR') || '/tmp');
  const platform = `${local.os}/${local.arch}`;
  const names = toolchainsOnPath(own, listed);
  const cached = cachedToolchains(root, value('GOMODCACHE'), platform);
  const deciding = project.gowork ?? (inTemp ? undefined : project.gomod);
  const lines = deciding === undefined ? {} : scanGoLines(deciding.text);
  const { databaseHosts: hosts } = localSources.knowledge;
  const selection = selectToolchain({
    gotoolchain: {
      value:
        gotoolchain?.origin.kind === 'goroot' || gotoolchain?.origin.kind === 'default'
          ? ''
          : value('GOTOOLCHAIN'),
      origin: originText(gotoolchain),
    },
    gotoolchainDefault: resolved.gorootEnv?.file.effective.get('GOTOOLCHAIN')?.value ?? '',
    go111module: value('GO111MODULE'),
    local: localToolchain(local.runtimeVersion),
    platform,
    project: {
      file: deciding === undefined ? undefined : deciding === project.gowork ? 'go.work' : 'go.mod',
      ...(deciding === undefined ? {} : { path: deciding.path }),
      ...lines,
      hasGoMod: gomodPath !== undefined && !inTemp,
    },
    pathHas: (name) => names.has(name),
    cached: (name) => cached.has(name),
    downloads: value('GOPROXY') === 'off' ? 'off' : 'on',
    sumdb: {
      gosumdb: value('GOSUMDB'),
      goproxy: value('GOPROXY'),
      ...(hosts === undefined ? {} : { hosts }),
    },
  });
  const {
    tree: effective,
    problem: switchProblem,
    broken: brokenSwitch,
  } = effectiveTree(
    own,
    selection,
    local,
    listed,
    { modcache: value('GOMODCACHE'), zipped: cached.get(selection.wanted) === 'zipped' },
    home,
  );
  const switched = effective !== undefined && effective.realPath !== local.realPath;
  const tree = switched ? readTree(root, effective.goroot) : localSources;
  // Settings are read anew from the go.env of a toolchain that is switched to. It never sees the GOROOT of the process: go
  // takes it away or sets its own (cmd/go/internal/toolchain, exec.go).
  const final = switched ? resolveWith(effective, tree, withoutGoroot(settled), goenv) : resolved;
  // A Go of before 1.21 does not read the variable by which it was chosen.
  if (switched && gotoolchain !== undefined && !knowsToolchains(effective.version))
    final.variables.set('GOTOOLCHAIN', gotoolchain);
  return {
    ...base,
    local,
    ...(effective === undefined ? {} : { effective }),
    runnable: runnableGo({
      ...base,
      ...(effective === undefined ? {} : { effective }),
      ...(project.gowork === undefined ? {} : { gowork: project.gowork }),
    }),
    tree: switched ? tree : localSources,
    selection,
    ...(switchProblem === undefined ? {} : { switchProblem }),
    ...(brokenSwitch === undefined ? {} : { brokenSwitch }),
    goenv,
    variables: final.variables,
    ...project,
    ...(deciding === undefined
      ? {}
      : {
          project: {
            kind: deciding === project.gowork ? 'go.work' : 'go.mod',
            path: deciding.path,
            ...lines,
          },
        }),
    files: [
      ...searched,
      ...(root === '/' ? [local.path, ...(goenv.path === '' ? [] : [goenv.path])].flatMap(linksOn) : []),
      goenv.path,
      resolved.envFile ?? '',
      local.realPath,
      path.join(local.goroot, 'VERSION'),
      ...project.files,
    ].filter(Boolean),
  };
}

/** What a process with other variables would find in the same workspace. */
export interface OtherView {
  /** The first go on its PATH. */
  readonly go?: GoCandidate;
  readonly variables: ReadonlyMap<string, ResolvedVariable>;
}

/** Looks with another process's environment, by the toolchain of this target, so that only the environment makes a difference. */
export function viewFrom(sources: Sources, environment: ReadonlyMap<string, string>): OtherView {
  const { root, machine, settings, effective, local } = sources;
  // Editors are this user's own, as the target is whose editors are looked for.
  const { credentials } = sources.environment;
  const pathDirectories = directoriesOf(environment);
  const home = environment.get('HOME') ?? sources.home;
  const asker = { code: sources.code, environment, credentials, workspace: settings.workspace, home };
  const { candidates, shimmed } = findCandidates(asker, machine, pathDirectories);
  const [go] = candidates;
  const theirs = new Map([...environment, ...shimmed]);
  const tree = effective ?? local;
  if (tree === undefined) return { ...(go === undefined ? {} : { go }), variables: new Map() };
  const goenv = goenvOf({ root, machine, home, settings }, theirs, tree);
  const around: Surroundings = {
    root,
    credentials,
    variables: theirs,
    pathDirectories,
    workspace: settings.workspace,
    gomodPath: sources.gomod?.path,
    goworkPath: sources.gowork?.path,
  };
  const switched = tree !== local;
  const { variables } = resolveWith(tree, sources.tree, switched ? withoutGoroot(around) : around, goenv);
  return { ...(go === undefined ? {} : { go }), variables };
}

function directoriesOf(environment: ReadonlyMap<string, string>): readonly string[] {
  return (environment.get('PATH') ?? '').split(':').filter((directory) => directory.startsWith('/'));
}

function originText(variable: ResolvedVariable | undefined): string {
  if (variable === undefined || variable.origin.kind === 'default') return 'default';
  if (variable.origin.kind === 'process') return 'the process environment';
  return `${variable.origin.path ?? ''}${variable.origin.line === undefined ? '' : `:${variable.origin.line}`}`;
}

interface ProjectFiles {
  readonly gomod?: ProjectSource<GoMod>;
  readonly gowork?: ProjectSource<GoWork>;
  readonly pins: readonly Pin[];
  readonly toolPins: readonly ToolPin[];
  readonly linkedOut: readonly string[];
  readonly files: readonly string[];
}

async function readProjectFiles(
  { code, settings, environment, home }: Pick<Sources, 'code' | 'settings' | 'environment' | 'home'>,
  gomodPath: string | undefined,
  goworkPath: string | undefined,
): Promise<ProjectFiles> {
  const { workspace, pins } = settings;
  const { root } = code;
  if (workspace === '')
    return {
      linkedOut: [],
      pins: pinsOf({ configured: pins }),
      toolPins: toolPinsOf({ configured: pins.tools }),
      files: [],
    };
  const gomod = gomodPath === undefined ? undefined : readProject(code, gomodPath, parseGoMod);
  // A directory there is refused like an absent file (env-invalid, goenv-invalid).
  const goworkThere = goworkPath !== undefined && stampOf({ root, path: goworkPath })?.directory === false;
  const gowork = goworkThere ? readProject(code, goworkPath, parseGoWork) : undefined;
  const goVersionPath = findUpward(root, workspace, '.go-version');
  const toolVersionsPath = findUpward(root, workspace, '.tool-versions');
  const goVersionFile = textAt(code, goVersionPath);
  const toolVersions = textAt(code, toolVersionsPath);
  const mise = readMiseProject(code, workspace, { environment: environment.variables, home });
  const files = {
    mise: mise.tools,
    ...(toolVersions === undefined ? {} : { toolVersions }),
    ...(gomod === undefined ? {} : { gomod }),
    ...(gowork === undefined ? {} : { gowork }),
  };
  const project = {
    ...(gomod === undefined ? {} : { gomod }),
    ...(gowork === undefined ? {} : { gowork }),
  };
  const named = [goVersionPath, toolVersionsPath].filter((file) => file !== undefined);
  const versionFiles = [...named, ...mise.present];
  return {
    ...project,
    linkedOut: await linkedOut(code, project, versionFiles),
    pins: pinsOf({
      ...files,
      ...(goVersionFile === undefined ? {} : { goVersionFile }),
      configured: pins,
    }),
    toolPins: toolPinsOf({ ...files, configured: pins.tools }),
    files: [
      gomodPath ?? path.join(workspace, 'go.mod'),
      goworkPath ?? path.join(workspace, 'go.work'),
      path.join(path.dirname(workspace), 'go.work'),
      goVersionPath ?? path.join(workspace, '.go-version'),
      toolVersionsPath ?? path.join(workspace, '.tool-versions'),
      ...mise.present,
      ...mise.awaited,
      path.join(workspace, '.godrift.snapshot'),
      path.join(workspace, '.godrift.yml'),
    ],
  };
}
