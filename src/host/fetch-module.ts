/**
 * Runs the one command that downloads something: `go mod download` of a release that an approved plan names
 * (decision 0131). Commands of observing (command.ts) reach no network; this one does. The program passed
 * checked-program.ts. It gets no shell, no HOME, its own module cache, an environment written here apart from
 * the network settings of this process, a time limit with SIGTERM and then SIGKILL, and a cap on output.
 */
import { promises as fs } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { ensureDirectory, lstatOf } from './atomic.ts';
import type { CheckedProgram } from './checked-program.ts';
import { errorCode } from './errors.ts';
import { removeTree } from './make-tree.ts';
import { goCommands } from './processes.ts';

/**
 * Network settings, taken over from this process: they are not settings of Go, and what is downloaded is
 * trusted for its checksum only.
 */
const transport = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** Time between SIGTERM and SIGKILL, ms. */
const killAfterMs = 1_000;
const outputBytes = 64 * 1024;

/** What to download, and with which settings of Go. */
export interface Fetching {
  readonly module: string;
  readonly version: string;
  /** Path of the zip below a module cache. */
  readonly zip: string;
  /** Variables of Go by name. */
  readonly settings: ReadonlyMap<string, string>;
  readonly limitMs: number;
}

/**
 * Returns the module cache of a download's folder. A go process that was left running is recognized by this
 * path in its environment.
 */
const cacheIn = (folder: string) => path.join(folder, 'mod');

function environmentIn(folder: string, settings: ReadonlyMap<string, string>): Record<string, string> {
  const own = [...transport, ...transport.map((name) => name.toLowerCase())].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  const { NETRC: netrc, HOME: home } = process.env;
  return {
    ...Object.fromEntries(own),
    ...Object.fromEntries(settings),
    ...(netrc !== undefined
      ? { NETRC: netrc }
      : home === undefined
        ? {}
        : { NETRC: path.join(home, '.netrc') }),
    PATH: '/usr/bin:/bin',
    GOENV: 'off',
    GOTOOLCHAIN: 'local',
    GOWORK: 'off',
    GO111MODULE: 'on',
    // An empty value counts as unset, and then go.env would decide (cmd/go/internal/cfg).
    GOFLAGS: '-modcacherw',
    GOVCS: '*:off',
    GOPATH: path.join(folder, 'gopath'),
    GOMODCACHE: cacheIn(folder),
    GOCACHE: 'off',
    TMPDIR: folder,
  };
}

/**
 * Creates a module to run in, so that no go.mod above it applies, and a file where go would unpack the
 * release: unpacked, a toolchain is 240 MB that are not needed.
 */
async function prepare(folder: string, module: string): Promise<string> {
  const work = path.join(folder, 'work');
  await ensureDirectory(work);
  await ensureDirectory(cacheIn(folder));
  await fs.writeFile(path.join(work, 'go.mod'), 'module godrift.fetch\n\ngo 1.16\n');
  await fs.writeFile(path.join(cacheIn(folder), module.split('/', 1)[0] as string), '');
  return work;
}

/** Returns the last line of go's output, which holds the reason. */
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)?.trim() ?? '';

/**
 * Downloads the zip of a module into `folder`, which is created here and removed by the
 * caller. Returns its path, or why there is none, in go's words if it had any. go gives a zip its final name
 * only after verifying its checksum as the settings require (modfetch.downloadZip). Throws the system's error
 * if nothing can be written.
 */
export async function fetchZip(
  program: CheckedProgram,
  { module, version, zip, settings, limitMs }: Fetching,
  folder: string,
): Promise<{ readonly zip: string } | { readonly why: string }> {
  const work = await prepare(folder, module);
  const { execa } = await import('execa');
  const ended = await execa(program, ['mod', 'download', `${module}@${version}`], {
    cwd: work,
    env: environmentIn(folder, settings),
    extendEnv: false,
    stdin: 'ignore',
    stdout: 'ignore',
    timeout: limitMs,
    forceKillAfterDelay: killAfterMs,
    maxBuffer: outputBytes,
    reject: false,
  });
  const file = path.join(cacheIn(folder), zip);
  // go fails to unpack the zip, as prepare() intends: only the zip counts.
  if (!ended.timedOut && (await lstatOf(file))?.isFile() === true) return { zip: file };
  if (ended.timedOut) return { why: `go mod download did not end within ${limitMs / 1000} s` };
  const said = lastLine(typeof ended.stderr === 'string' ? ended.stderr : '');
  return {
    why: said === '' ? `go mod download: exit ${ended.exitCode ?? ended.code ?? ended.signal ?? '?'}` : said,
  };
}

/** How often, and at which interval in ms, the killed processes are checked for. */
const looks = 100;
const betweenLooksMs = 20;

/**
 * Kills a go process that a killed download left running, and removes its folder. Throws the system's error.
 */
export async function removeFetch(folder: string): Promise<void> {
  const left = () =>
    goCommands().filter(({ environment }) => environment.get('GOMODCACHE') === cacheIn(folder));
  for (let look = 0; look < looks; look++) {
    const running = left();
    if (running.length === 0) break;
    for (const { pid } of running) {
      try {
        process.kill(pid, 'SIGKILL');
      } catch (error) {
        if (errorCode(error) !== 'ESRCH') throw error;
      }
    }
    await setTimeout(betweenLooksMs);
  }
  await removeTree(folder);
}
