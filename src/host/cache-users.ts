/**
 * Finds the processes that use a build cache, by /proc. Go resolves GOCACHE at every access and takes no
 * lock, so processes are the only evidence. One that cannot be inspected counts as a user if it has the name
 * of a Go tool. Without /proc the result is empty.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { errorCode, ifReadable } from './errors.ts';
import { parseEnviron } from './machine.ts';

/** A process and how it uses a cache. */
export interface CacheUser {
  readonly pid: number;
  /** Path of its program, or its name where the path is hidden. */
  readonly program: string;
  /**
   * `reference`: it runs from there, has something of it open or mapped, or has its working directory there.
   * `environment`: its GOCACHE names it. `default`: it builds without a GOCACHE, and as far as can be told
   * its default is that cache. `unseen`: it builds, and cannot be inspected.
   */
  readonly by: 'reference' | 'environment' | 'default' | 'unseen';
  /** Whether it builds, or reads what builds made. */
  readonly builds: boolean;
}

/** Go programs that read a build cache, and other tools known to. */
const builders =
  /^(?:go(?:\d[\w.]*)?|compile|link|asm|cgo|vet|cover|buildid|pack|covdata|preprofile|test2json|gopls|golangci-lint|staticcheck|dlv)$/;

const nameOf = (program: string) => program.slice(program.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '');

const isBelow = (file: string, directories: readonly string[]) =>
  directories.some((one) => file === one || file.startsWith(`${one}/`));

/**
 * Reports whether a file of /proc could not be read because its process has ended (proc(5)): a build starts
 * and ends hundreds of processes during a scan.
 */
const hasEnded = (error: unknown) => errorCode(error) === 'ENOENT' || errorCode(error) === 'ESRCH';

function refers(pid: number, program: string, directories: readonly string[]): boolean {
  if (isBelow(program, directories)) return true;
  const cwd = ifReadable(() => readlinkSync(`/proc/${pid}/cwd`));
  if (cwd !== undefined && isBelow(cwd, directories)) return true;
  const maps = ifReadable(() => readFileSync(`/proc/${pid}/maps`, 'utf8')) ?? '';
  if (directories.some((one) => maps.includes(` ${one}/`))) return true;
  const open = ifReadable(() => readdirSync(`/proc/${pid}/fd`)) ?? [];
  return open.some((fd) => {
    const file = ifReadable(() => readlinkSync(`/proc/${pid}/fd/${fd}`));
    return file !== undefined && isBelow(file, directories);
  });
}

/** Returns the default cache of a go command without GOCACHE: empty if it has none, undefined if unknown. */
export type DefaultCache = (environment: ReadonlyMap<string, string>, program: string) => string | undefined;

/**
 * Returns a process as user of one of the directories (real paths), or of `place`, the path by which go knows
 * the cache.
 */
function userOf(
  pid: number,
  place: string,
  directories: readonly string[],
  defaultCache: DefaultCache,
): CacheUser | undefined {
  let program: string;
  try {
    program = readlinkSync(`/proc/${pid}/exe`);
  } catch (error) {
    // Kernel threads and ended processes have none.
    if (errorCode(error) !== 'EACCES' && errorCode(error) !== 'EPERM') return undefined;
    const name = ifReadable(() => readFileSync(`/proc/${pid}/comm`, 'utf8').trim()) ?? '';
    return builders.test(name) ? { pid, program: name, by: 'unseen', builds: true } : undefined;
  }
  const builds = builders.test(nameOf(program));
  if (refers(pid, program, directories)) return { pid, program, by: 'reference', builds };
  let environment: ReadonlyMap<string, string>;
  try {
    environment = parseEnviron(readFileSync(`/proc/${pid}/environ`));
  } catch (error) {
    return builds && !hasEnded(error) ? { pid, program, by: 'unseen', builds } : undefined;
  }
  const set = environment.get('GOCACHE') ?? '';
  if (set === '' && !builds) return undefined;
  // Another root has other files under the same names.
  const isHere = ifReadable(() => readlinkSync(`/proc/${pid}/root`)) === '/';
  const cache = set === '' ? (isHere ? defaultCache(environment, program) : undefined) : set;
  if (cache === undefined) return { pid, program, by: 'default', builds };
  const real = ifReadable(() => realpathSync(cache)) ?? cache;
  return cache === place || isBelow(real, directories)
    ? { pid, program, by: set === '' ? 'default' : 'environment', builds }
    : undefined;
}

/**
 * Returns every other process that uses one of the directories, or builds and may use them through `place`.
 */
export function cacheUsers(
  place: string,
  directories: readonly string[],
  defaultCache: DefaultCache = () => undefined,
): readonly CacheUser[] {
  return (ifReadable(() => readdirSync('/proc')) ?? []).flatMap((name) => {
    const pid = Number(name);
    return Number.isInteger(pid) && pid !== process.pid
      ? (userOf(pid, place, directories, defaultCache) ?? [])
      : [];
  });
}

/**
 * Returns the processes that would miss one of these directories: they have it open, run from it, have their
 * working directory in it, or name it in GOCACHE instead of the place that links to it.
 */
export function directUsers(place: string, directories: readonly string[]): readonly CacheUser[] {
  return cacheUsers(place, directories).filter(({ pid, by }) => {
    if (by === 'reference' || by === 'unseen') return true;
    if (by === 'default') return false;
    const named = ifReadable(() => parseEnviron(readFileSync(`/proc/${pid}/environ`)).get('GOCACHE')) ?? '';
    // A process that uses the place is already redirected by its link.
    return named !== place && isBelow(ifReadable(() => realpathSync(named)) ?? named, directories);
  });
}

/**
 * Identifies the set of processes in which a pid has meaning, for readers elsewhere or later: host, boot, and
 * pid namespace (pid_namespaces(7)).
 */
export function processWorld(): { readonly host: string; readonly boot?: string; readonly pids?: string } {
  const boot = ifReadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pids = ifReadable(() => readlinkSync('/proc/self/ns/pid'));
  return {
    host: hostname(),
    ...(boot === undefined ? {} : { boot }),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** Returns the start time of a process in clock ticks since boot; undefined if there is no such pid. */
export function processStart(pid: number): string | undefined {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // Fields count from the last parenthesis; this is the 22nd (proc_pid_stat(5)).
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
