/**
 * The door for the one command that brings something from elsewhere: `go mod download` of a release that an approved plan names (decision 0131). It is no observing, whose
 * door (command.ts) lets nothing reach a network. The program passed checked-program.ts; it gets no shell, no HOME, a module cache of its own, an environment that is
 * written here but for how this process reaches the network, a time limit with a kill ladder, and a cap on output.
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

/** How the network is reached is no setting of Go, and what comes over it is believed for its content alone. */
const transport = ['HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY', 'SSL_CERT_FILE', 'SSL_CERT_DIR'];

/** Between asking go to end and ending it, ms. */
const killAfterMs = 1_000;
const outputBytes = 64 * 1024;

/** What is fetched, and with which settings of Go. */
export interface Fetching {
  readonly module: string;
  readonly version: string;
  /** Where its zip lies below a module cache. */
  readonly zip: string;
  /** Variables of Go by their names. */
  readonly settings: ReadonlyMap<string, string>;
  readonly limitMs: number;
}

/** The module cache of a folder in which something is fetched; by this name in its environment a go that was left running is known. */
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

/** A module of its own to run in, so that none above it has a say, and a file where go would unpack: of a release that is 240 MB which nobody needs. */
async function prepare(folder: string, module: string): Promise<string> {
  const work = path.join(folder, 'work');
  await ensureDirectory(work);
  await ensureDirectory(cacheIn(folder));
  await fs.writeFile(path.join(work, 'go.mod'), 'module godrift.fetch\n\ngo 1.16\n');
  await fs.writeFile(path.join(cacheIn(folder), module.split('/', 1)[0] as string), '');
  return work;
}

/** The last line that go wrote: the reason comes last. */
const lastLine = (text: string) => text.trimEnd().split('\n').at(-1)?.trim() ?? '';

/**
 * Fetches the zip of a module into a folder that is made for it, and is whoever calls' to remove. Its path, or why there is none, in go's words where it had some. go gives a zip its name
 * when its sum was verified as the settings want it, and not before (modfetch.downloadZip). Throws the system's error where nothing can be written.
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
  // go fails to unpack the zip, as prepare() wants it to: that the zip is there is what counts.
  if (!ended.timedOut && (await lstatOf(file))?.isFile() === true) return { zip: file };
  if (ended.timedOut) return { why: `go mod download did not end within ${limitMs / 1000} s` };
  const said = lastLine(typeof ended.stderr === 'string' ? ended.stderr : '');
  return {
    why: said === '' ? `go mod download: exit ${ended.exitCode ?? ended.code ?? ended.signal ?? '?'}` : said,
  };
}

/** How often it is looked whether what was ended is gone, and how long between, ms. */
const looks = 100;
const betweenLooksMs = 20;

/** Ends the go that somebody who was killed left fetching there, and removes the folder. Throws the system's error. */
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
