// Real Go toolchains for tests: found in the user's module cache or fetched into it once, and run as oracles in a
// separate environment. The layout of a toolchain in the cache (golang.org/toolchain@v0.0.1-goX.GOOS-GOARCH, execute bit
// of bin/go set last) is defined by cmd/go/internal/toolchain/select.go and cmd/go/internal/modfetch/fetch.go (the
// .partial marker).
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { access, constants, copyFile, mkdir, rename, stat, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { execa } from 'execa';
import { AppError } from '../../src/catalog/errors.ts';
import { patienceMs } from './eventually.ts';
import { isAlive, madeOnce, progress, testCache, withLock, withProgress } from './made-once.ts';

export { isAlive, progress, testCache, withLock };

/**
 * The versions that are fetched before the tests: the oldest supported, one between, and the newest lines.
 */
export const toolchainVersions = ['1.21.13', '1.24.13', '1.26.0', '1.27.0', '1.27.4'] as const;

/** Releases from before toolchain switching, for the behaviour of a Go without `$GOROOT/go.env`. */
export const olderVersions = ['1.20.14'] as const;

/** A GOROOT that can be run as if it were installed. */
export interface Toolchain {
  /** Without the `go` prefix, e.g. `1.26.0`. */
  readonly version: string;
  readonly goroot: string;
  /** Absolute path of the go command in it. */
  readonly go: string;
}

/** The untrimmed output and the exit code of a command. */
export interface RunResult {
  readonly stdout: string;
  readonly stderr: string;
  /** -1 when the command could not be started or was ended by a signal. */
  readonly exitCode: number;
}

const scratchRoots = new Set<string>();

/**
 * Creates an empty directory that is removed when this process ends. Its name contains the pid, so that
 * `sweepScratch` can remove the directories of a killed process.
 */
export function scratch(prefix: string): string {
  if (scratchRoots.size === 0) process.on('exit', removeScratch);
  const root = join(tmpdir(), 'godrift-test');
  mkdirSync(root, { recursive: true });
  const dir = mkdtempSync(join(root, `${process.pid}-${prefix}-`));
  scratchRoots.add(dir);
  return dir;
}

function removeScratch(): void {
  for (const dir of scratchRoots) tryRemove(dir);
}

/**
 * Removes the scratch directories of this process in another process, while the next tests run: gigabytes in
 * a hundred thousand files take minutes on a disk with discard. Directories that Go made read-only are left
 * for `sweepScratch`.
 */
export function removeScratchBeside(): void {
  if (scratchRoots.size === 0) return;
  execa('rm', ['-rf', ...scratchRoots], { detached: true, stdio: 'ignore', reject: false }).unref();
  scratchRoots.clear();
}

/** Removes the scratch directories of processes that have ended. */
export function sweepScratch(): void {
  const root = join(tmpdir(), 'godrift-test');
  if (!existsSync(root)) return;
  for (const name of readdirSync(root)) {
    const pid = Number(name.split('-', 1)[0]);
    if (Number.isInteger(pid) && !isAlive(pid)) tryRemove(join(root, name));
  }
}

function tryRemove(path: string): void {
  try {
    removeTree(path);
  } catch {
    // A child may still write there, or another process remove it; the next run's sweep removes the rest.
  }
}

/** Removes a tree even if Go made its directories read-only (module cache). */
function removeTree(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    makeFoldersWritable(path);
    rmSync(path, { recursive: true, force: true, maxRetries: 3 });
  }
}

function makeFoldersWritable(path: string): void {
  chmodSync(path, 0o700);
  for (const entry of readdirSync(path, { withFileTypes: true })) {
    if (entry.isDirectory()) makeFoldersWritable(join(path, entry.name));
  }
}

/** Returns the first executable `name` on PATH, or undefined. */
export async function onPath(name: string): Promise<string | undefined> {
  for (const folder of (process.env.PATH ?? '').split(delimiter)) {
    if (folder !== '' && (await isExecutable(join(folder, name)))) return join(folder, name);
  }
  return undefined;
}

/** Reports whether `path` is a file that this user may execute. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/**
 * Returns the user's environment for a go command that prepares tests, without workspace mode and GOFLAGS.
 * GOFLAGS is a blank, since Go treats an empty variable as unset and falls back to the GOENV file
 * (cmd/go/internal/cfg).
 */
export function preparingEnv(gotoolchain: string): Record<string, string | undefined> {
  return { ...process.env, GOTOOLCHAIN: gotoolchain, GOFLAGS: ' ', GOWORK: 'off', GOROOT: undefined };
}

/** Returns the path of the go command on PATH. Throws an error that says what to do if there is none. */
export async function goOnPath(): Promise<string> {
  const go = await onPath('go');
  if (go === undefined) {
    throw new AppError('cannot prepare the laboratory', 'no go command on PATH', 'install Go 1.21 or later');
  }
  return go;
}

const ready = new Map<string, Promise<Toolchain>>();

/**
 * Returns a real GOROOT of this version (e.g. `1.21.13`) from the user's module cache, fetched through the
 * user's proxy settings if it is missing. The tree is shared and must not be changed: clone it instead.
 */
export function ensureToolchain(version: string): Promise<Toolchain> {
  let toolchain = ready.get(version);
  if (toolchain === undefined) {
    toolchain = findOrFetch(version);
    ready.set(version, toolchain);
    toolchain.catch(() => ready.delete(version));
  }
  return toolchain;
}

async function findOrFetch(version: string): Promise<Toolchain> {
  const place = await placeOf(version);
  if (!(await isComplete(place))) {
    await withLock(`toolchain-go${version}`, async () => {
      if (!(await isComplete(place))) await fetchToolchain(version);
    });
    if (!(await isComplete(place))) {
      throw new AppError(
        `cannot prepare go${version}`,
        `${place.goroot} is not complete`,
        'run `go clean -modcache`',
      );
    }
  }
  return { version, goroot: place.goroot, go: join(place.goroot, 'bin', 'go') };
}

interface Place {
  readonly goroot: string;
  /** Exists while the tree is being unpacked. */
  readonly partial: string;
}

/** The user's module cache, and the platform that a go command here would build for. */
export interface HostEnv {
  readonly GOMODCACHE: string;
  readonly GOHOSTOS: string;
  readonly GOHOSTARCH: string;
}

let host: Promise<HostEnv> | undefined;

/** Reads the host environment from the go command on PATH, once for each process. */
export function hostEnv(): Promise<HostEnv> {
  host ??= readHostEnv();
  return host;
}

async function placeOf(version: string): Promise<Place> {
  const { GOMODCACHE, GOHOSTOS, GOHOSTARCH } = await hostEnv();
  const id = `v0.0.1-go${version}.${GOHOSTOS}-${GOHOSTARCH}`;
  return {
    goroot: join(GOMODCACHE, 'golang.org', `toolchain@${id}`),
    partial: join(GOMODCACHE, 'cache', 'download', 'golang.org', 'toolchain', '@v', `${id}.partial`),
  };
}

async function readHostEnv(): Promise<HostEnv> {
  const { stdout } = await execa(await goOnPath(), ['env', '-json', 'GOMODCACHE', 'GOHOSTOS', 'GOHOSTARCH'], {
    cwd: scratch('host'),
    env: preparingEnv('local'),
    extendEnv: false,
  });
  return JSON.parse(stdout) as HostEnv;
}

async function isComplete(place: Place): Promise<boolean> {
  return !existsSync(place.partial) && (await isExecutable(join(place.goroot, 'bin', 'go')));
}

async function fetchToolchain(version: string): Promise<void> {
  progress(`fetching go${version} into the module cache (tests compare with it; usually 3 to 30 s, 240 MB)`);
  const go = await goOnPath();
  const { exitCode, stderr } = await withProgress(`fetching go${version}`, () =>
    execa(go, ['version'], {
      cwd: scratch('fetch'),
      env: preparingEnv(`go${version}`),
      extendEnv: false,
      reject: false,
      timeout: 60 * 60_000,
    }),
  );
  if (exitCode !== 0) {
    const why = stderr.trim().split('\n').at(-1) ?? '';
    throw new AppError(
      `cannot fetch go${version}`,
      why,
      'allow the module proxy that `go env GOPROXY` names',
    );
  }
}

/** Options of {@link cloneToolchain}. */
export interface CloneOptions {
  /** Files by their path within GOROOT, e.g. `VERSION` or `bin/go`, that the test may write to in place. */
  readonly own?: readonly string[];
}

/**
 * Returns a copy of a toolchain whose files clones are hard-linked to. A hard link to the shared tree would
 * change the stamps of its files, and all other tests would read the whole tree again. Its directories are
 * writable.
 */
async function linkedCopy(version: string): Promise<string> {
  const { goroot } = await ensureToolchain(version);
  const name = `toolchain-to-link-${createHash('sha256').update(goroot).digest('hex').slice(0, 16)}`;
  return await madeOnce(name, async (folder) => {
    await execa('cp', ['-a', goroot, folder]);
    await execa('find', [folder, '-type', 'd', '-exec', 'chmod', 'u+w', '{}', '+']);
  });
}

/**
 * Creates a private GOROOT at `dest`, which must not exist. It is fast, since only directories are new; files
 * are hard links to a copy of the toolchain. A test may add, remove and rename files, but may write in place
 * only to those listed in `own`.
 */
export async function cloneToolchain(
  version: string,
  dest: string,
  options: CloneOptions = {},
): Promise<Toolchain> {
  if (existsSync(dest)) {
    throw new AppError(
      `cannot clone go${version}`,
      `${dest} exists`,
      'name a folder that does not exist yet',
    );
  }
  const from = await linkedCopy(version);
  await mkdir(dirname(dest), { recursive: true });
  const linked = await execa('cp', ['-al', from, dest], { reject: false });
  if (linked.exitCode !== 0) {
    // Another file system, or a cp without -l.
    removeTree(dest);
    await execa('cp', ['-a', from, dest]);
  }
  for (const file of options.own ?? []) await makeOwn(join(dest, file));
  return { version, goroot: dest, go: join(dest, 'bin', 'go') };
}

async function makeOwn(file: string): Promise<void> {
  const copy = `${file}.own`;
  await copyFile(file, copy, constants.COPYFILE_EXCL);
  chmodSync(copy, (await stat(file)).mode | 0o200);
  await unlink(file);
  await rename(copy, file);
}

let telemetry: string | undefined;

/** Returns a directory that turns telemetry off. Nothing is written into it, so that all runs share it. */
function telemetryOff(): string {
  if (telemetry === undefined) {
    telemetry = scratch('telemetry');
    // The date is when the mode was set (golang.org/x/telemetry, internal/telemetry/dir.go).
    writeFileSync(join(telemetry, 'mode'), 'off 2026-01-01');
  }
  return telemetry;
}

/** Options of {@link runGo}. */
export interface RunGoOptions {
  /** Default: a new empty folder, outside of any module. */
  readonly cwd?: string;
  /** Variables that override the defaults of `runGo`; undefined removes a default. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Runs a real go command as an oracle, isolated from the test's own environment. Defaults: a new HOME for
 * each call, PATH with its own bin and the system's, telemetry off, `GOPROXY=off`. GOTOOLCHAIN, GOROOT and
 * GOCACHE are not set, since tests ask about them. A test that builds more than once should set HOME or
 * GOCACHE, to stay fast.
 */
export async function runGo(
  toolchain: Toolchain,
  args: readonly string[],
  options: RunGoOptions = {},
): Promise<RunResult> {
  const { stdout, stderr, exitCode } = await execa(toolchain.go, args, {
    cwd: options.cwd ?? scratch('cwd'),
    env: {
      HOME: options.env?.HOME ?? scratch('home'),
      PATH: [join(toolchain.goroot, 'bin'), '/usr/bin', '/bin'].join(delimiter),
      TEST_TELEMETRY_DIR: telemetryOff(),
      GOPROXY: 'off',
      ...options.env,
    },
    extendEnv: false,
    reject: false,
    stripFinalNewline: false,
    stdin: 'ignore',
    timeout: patienceMs,
  });
  return { stdout: stdout ?? '', stderr: stderr ?? '', exitCode: exitCode ?? -1 };
}
