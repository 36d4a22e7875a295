/** A world while a scenario edits it, what runs in it, and the edits that scenarios share. */
import {
  chmodSync,
  chownSync,
  copyFileSync,
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { execa } from 'execa';
import { sharedBuildCache } from '../lab/build-cache.ts';
import { makeWorld, patienceMs, program } from '../lab/godrift.ts';
import { runResident } from '../lab/resident.ts';
import { knowingFiles } from '../lab/toolchain-lists.ts';
import {
  cloneToolchain,
  ensureToolchain,
  olderVersions,
  scratch,
  type Toolchain,
  toolchainVersions,
} from '../lab/toolchains.ts';
import type { Clone, GoVersion } from './scenario.ts';

const toolchains = new Map(
  await Promise.all(
    [...toolchainVersions, ...olderVersions].map(
      async (version) => [version, await ensureToolchain(version)] as const,
    ),
  ),
);
/** A shared toolchain: to be read, never to be changed. */
export const sdk = (version: GoVersion) => toolchains.get(version) as Toolchain;
export const bin = (version: GoVersion) => join(sdk(version).goroot, 'bin');

/** What every user may read: the telemetry mode, and for another user a copy of godrift and of the toolchain. */
const open = scratch('open');
chmodSync(open, 0o755);
// The date only says since when the mode holds (golang.org/x/telemetry, internal/telemetry/dir.go).
put(join(open, 'telemetry/mode'), 'off 2026-01-01');

const openTrees = new Map<GoVersion, Promise<Toolchain>>();
/** The built program where another user reaches it. */
function openProgram(): string {
  const at = join(open, 'dist');
  if (!existsSync(at)) cpSync(dirname(program), at, { recursive: true });
  return join(at, basename(program));
}

/** A toolchain where another user reaches it: the module cache may lie in a home that nobody else may enter. */
async function openTree(version: GoVersion): Promise<string> {
  const making = openTrees.get(version) ?? cloneToolchain(version, join(open, `go${version}`));
  openTrees.set(version, making);
  return (await making).goroot;
}

const buildCache = sharedBuildCache();

/** A proxy or database at which nobody listens: go wants the network, and gets none. */
export const nobody = 'http://127.0.0.1:1';

export interface Finding {
  readonly kind: string;
  readonly rule: string;
  readonly level: string;
  readonly key: string;
  readonly summary: string;
  readonly repair?: string;
}

/** What `godrift check --json` answered. */
export interface Checked {
  readonly exitCode: number;
  readonly findings: readonly Finding[];
}

/** What a line in the shell answered: stdout and stderr together. */
export interface Said {
  readonly exitCode: number;
  readonly text: string;
}

export interface Site {
  readonly home: string;
  readonly workspace: string;
  /** The whole environment; undefined is not set. */
  readonly env: Record<string, string | undefined>;
  /** The tree whose go is first on PATH; '' without one. */
  readonly goroot: string;
  readonly version: GoVersion;
  /** Writes a file of the workspace. */
  write(name: string, text: string): void;
  goenv(text: string): void;
  /** Puts directories before the PATH. */
  first(...directories: string[]): void;
  /** Runs a line as a person would. By default offline, without telemetry, and with a build cache that all worlds share. */
  shell(line: string): Promise<Said>;
  /** Starts a program of this name that waits in the workspace, in the world's environment and what is given. */
  start(name: string, env?: Readonly<Record<string, string>>): Promise<void>;
  /** Ends what was started; also done when the scenario is over. */
  end(): Promise<void>;
  godrift(...args: string[]): Promise<{ exitCode: number; stdout: string; stderr: string }>;
  check(...args: string[]): Promise<Checked>;
}

/** What a site begins with. */
export interface SiteOptions {
  readonly go: GoVersion | 'none';
  readonly clone?: Clone;
  readonly files?: Readonly<Record<string, string>>;
  readonly fresh?: true;
  readonly uid?: number;
}

const set = (env: Readonly<Record<string, string | undefined>>) =>
  Object.fromEntries(Object.entries(env).filter((pair): pair is [string, string] => pair[1] !== undefined));

/** Makes a world with a home and a workspace in it. */
export async function makeSite({ go, clone, files, fresh, uid }: SiteOptions): Promise<Site> {
  const { home, workspace, env: base } = makeWorld(undefined, {});
  const version = go === 'none' ? '1.27.4' : go;
  const goroot = go === 'none' ? '' : await treeFor(go, home, clone, uid);
  const env: Record<string, string | undefined> = {
    ...base,
    // Looking at a shell starts it; what that tells is asked in other tests.
    SHELL: undefined,
    PATH: [...(goroot === '' ? [] : [join(goroot, 'bin')]), '/usr/bin', '/bin'].join(':'),
  };
  const run = (file: string, args: readonly string[], extra: Readonly<Record<string, string>>) => {
    const other = uid !== undefined && process.getuid?.() === 0;
    const [command, ...rest] = other ? [...asUser(uid), file, ...args] : [file, ...args];
    return execa(command as string, rest, {
      cwd: workspace,
      env: { ...extra, ...set(env) },
      extendEnv: false,
      reject: false,
      stripFinalNewline: false,
      all: true,
      stdin: 'ignore',
      timeout: 2 * patienceMs,
    });
  };
  const started: (() => Promise<void>)[] = [];
  let hasStarted = false;
  const site: Site = {
    home,
    workspace,
    env,
    goroot,
    version,
    write: (name, text) => put(join(workspace, name), text),
    goenv: (text) => put(join(home, '.config/go/env'), text),
    first: (...directories) => {
      env.PATH = [...directories, env.PATH].join(':');
    },
    shell: async (line) => {
      const cache = uid === undefined ? { GOCACHE: buildCache } : {};
      const offline = { GOPROXY: 'off', ...cache, TEST_TELEMETRY_DIR: join(open, 'telemetry') };
      const { all, exitCode } = await run('/bin/sh', ['-c', line], offline);
      return { text: all.replace(/\n$/, ''), exitCode: exitCode ?? -1 };
    },
    start: async (name, extra = {}) => {
      hasStarted = true;
      const file = join(home, 'programs', name);
      mkdirSync(dirname(file), { recursive: true });
      if (!existsSync(file)) copyProgram('/bin/bash', file);
      const child = execa(file, ['-c', 'echo started; read -r _'], {
        cwd: workspace,
        env: { ...set(env), ...extra },
        extendEnv: false,
        reject: false,
        stdin: 'pipe',
        timeout: 2 * patienceMs,
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      started.push(async () => {
        child.kill('SIGKILL');
        await child;
      });
    },
    end: async () => {
      await Promise.all(started.splice(0).map((end) => end()));
    },
    godrift: async (...args) => {
      // A resident process may know the running programs from half a second ago.
      const resident = uid === undefined && fresh === undefined && !hasStarted;
      const ask = async () => {
        if (resident) return await runResident({ args, cwd: workspace, env: set(env) });
        const file = uid === undefined ? program : openProgram();
        const { stdout, stderr, exitCode } = await run(process.execPath, [file, ...args], {});
        return { stdout, stderr, exitCode: exitCode ?? -1 };
      };
      // What digests a toolchain need not read all of a shared one each time.
      const digests = args[0] !== 'check' || args.includes('--cache');
      return digests && resident && goroot === sdk(version).goroot
        ? await knowingFiles(sdk(version), join(home, 'state'), ask)
        : await ask();
    },
    check: async (...args) => {
      const { stdout, stderr, exitCode } = await site.godrift('check', '--json', ...args);
      if (stdout === '') throw new Error(`godrift check said nothing: ${stderr}`);
      return { exitCode, findings: JSON.parse(stdout).findings };
    },
  };
  for (const [name, text] of Object.entries({ ...gomod('go 1.21'), 'app.go': 'package app\n', ...files }))
    site.write(name, text);
  return site;
}

async function treeFor(go: GoVersion, home: string, clone?: Clone, uid?: number): Promise<string> {
  if (clone !== undefined) return cloneTree(go, join(home, clone.at), clone.own);
  return uid === undefined ? sdk(go).goroot : await openTree(go);
}

/** Writes a file with the folders around it. */
export function put(file: string, text: string | Uint8Array, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text, { mode });
}

/** setpriv (util-linux) changes the user without a shell, a session or a password. */
const asUser = (uid: number) => ['setpriv', `--reuid=${uid}`, `--regid=${uid}`, '--clear-groups', '--'];

/** Gives a tree to a user, links in it left alone. */
export function give(path: string, uid: number): void {
  if (process.getuid?.() !== 0 || lstatSync(path).isSymbolicLink()) return;
  chownSync(path, uid, uid);
  if (lstatSync(path).isDirectory()) for (const name of readdirSync(path)) give(join(path, name), uid);
}

/** The tree's folders that hold what a build runs; a test may replace any file in them. */
const ownFolders = ['bin', 'pkg/tool/linux_amd64'];

/**
 * A GOROOT of links at a place that does not exist yet: folders on the way to `own` are real, what they hold are links to the
 * shared tree. Programs are copies, since go finds its tree from the place of its own file.
 */
function cloneTree(version: GoVersion, at: string, own: readonly string[] = []): string {
  const from = sdk(version).goroot;
  const real = new Set([...ownFolders, ...own].flatMap(ancestors));
  const fill = (folder: string): void => {
    mkdirSync(join(at, folder), { recursive: true });
    for (const { name } of readdirSync(join(from, folder), { withFileTypes: true })) {
      const below = folder === '' ? name : `${folder}/${name}`;
      if (real.has(below)) fill(below);
      else if (below.startsWith('bin/')) copyProgram(join(from, below), join(at, below));
      else symlinkSync(join(from, below), join(at, below));
    }
  };
  fill('');
  return at;
}

function copyProgram(from: string, to: string): void {
  copyFileSync(from, to);
  chmodSync(to, 0o755);
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function ancestors(path: string): string[] {
  const parts = path.split('/');
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}

/** A go.mod with these lines. */
export const gomod = (...lines: string[]) => ({
  'go.mod': ['module example.com/app', '', ...lines, ''].join('\n'),
});

/** A program instead of the empty package. */
export const main = (body = '', ...imports: string[]) => ({
  'app.go': `package main\n\n${imports.map((one) => `import ${JSON.stringify(one)}\n`).join('')}\nfunc main() {${body}}\n`,
});

/** A package that needs cgo. */
export const cgo = { 'app.go': 'package app\n\n// int one(void) { return 1; }\nimport "C"\n' };

/** Sets variables of the process environment. */
export const sets = (env: Readonly<Record<string, string>>) => (site: Site) => {
  Object.assign(site.env, env);
};

/** Writes the GOENV file. */
export const goenv = (text: string) => (site: Site) => site.goenv(text);

/** Gives a variable another default in the go.env of a clone: never written in place, it is a link. */
export function goEnvLine(site: Site, name: string, value: string): void {
  const file = join(site.goroot, 'go.env');
  const others = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => !line.startsWith(`${name}=`));
  unlinkSync(file);
  put(file, [`${name}=${value}`, ...others].join('\n'));
}

/** Puts a toolchain into the world's module cache by a link; go takes it for complete when its `.ziphash` is there. */
export function cacheToolchain(site: Site, version: GoVersion): void {
  const cache = join(site.home, 'go/pkg/mod');
  const download = 'cache/download/golang.org/toolchain/@v';
  mkdirSync(join(cache, 'golang.org'), { recursive: true });
  mkdirSync(join(cache, download), { recursive: true });
  symlinkSync(sdk(version).goroot, join(cache, `golang.org/toolchain@v0.0.1-go${version}.linux-amd64`));
  const own = dirname(dirname(sdk(version).goroot));
  for (const end of ['ziphash', 'lock']) {
    const file = `${download}/v0.0.1-go${version}.linux-amd64.${end}`;
    if (existsSync(join(own, file))) copyFileSync(join(own, file), join(cache, file));
  }
}

/** Puts a toolchain where golang.org/dl puts it, by a link. */
export function installSdk(site: Site, version: GoVersion): void {
  mkdirSync(join(site.home, 'sdk'), { recursive: true });
  symlinkSync(sdk(version).goroot, join(site.home, `sdk/go${version}`));
}

/** Puts a go of another name, `go1.27.0`, on PATH. */
export function linkOnPath(site: Site, version: GoVersion): void {
  mkdirSync(join(site.home, 'bin'), { recursive: true });
  symlinkSync(sdk(version).go, join(site.home, `bin/go${version}`));
  site.first(join(site.home, 'bin'));
}

/** Replaces a file of a clone by that of another version: never written in place, it is a link. */
export function replace(site: Site, file: string, by: GoVersion): void {
  if (existsSync(join(site.goroot, file))) unlinkSync(join(site.goroot, file));
  copyProgram(join(sdk(by).goroot, file), join(site.goroot, file));
}

/** A proxy of files with one module that has no archive, and a workspace that requires it. */
export function needModule(site: Site, path: string): void {
  const versions = join(site.home, 'proxy', path, '@v');
  put(join(versions, 'v1.0.0.info'), '{"Version":"v1.0.0"}');
  put(join(versions, 'v1.0.0.mod'), `module ${path}\n`);
  site.env.GOPROXY = `file://${join(site.home, 'proxy')}`;
  site.write('go.mod', `module example.com/app\n\ngo 1.21\n\nrequire ${path} v1.0.0\n`);
}

/** Takes away what go has verified once and would not look up again: go.sum and the downloads. */
export function forget(site: Site): void {
  rmSync(join(site.workspace, 'go.sum'), { force: true });
  rmSync(join(site.home, 'go/pkg/mod/cache'), { recursive: true, force: true });
}
