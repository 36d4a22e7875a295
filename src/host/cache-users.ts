/**
 * Who uses a build cache, by /proc. Go resolves GOCACHE anew at each access and locks nothing, so processes are all that can be asked. What cannot be looked
 * into counts as a user where its name is that of a Go tool. Where there is no /proc there is nobody.
 */
import { readdirSync, readFileSync, readlinkSync, realpathSync } from 'node:fs';
import { hostname } from 'node:os';
import process from 'node:process';
import { errorCode, ifReadable } from './errors.ts';
import { parseEnviron } from './machine.ts';

/** A process and what it has to do with a cache. */
export interface CacheUser {
  readonly pid: number;
  /** What runs: the path of its program, or its name where that cannot be seen. */
  readonly program: string;
  /** `reference`: it runs from there, has something of it open or mapped, or is in it; `environment`: its GOCACHE names it; `default`: it builds, says nothing of
   * GOCACHE, and has that cache by default as far as can be told; `unseen`: it builds, and cannot be looked into. */
  readonly by: 'reference' | 'environment' | 'default' | 'unseen';
  /** Whether it builds, or reads what builds made. */
  readonly builds: boolean;
}

/** Programs of Go that read a build cache, and those beside it that are known to. */
const builders =
  /^(?:go(?:\d[\w.]*)?|compile|link|asm|cgo|vet|cover|buildid|pack|covdata|preprofile|test2json|gopls|golangci-lint|staticcheck|dlv)$/;

const nameOf = (program: string) => program.slice(program.lastIndexOf('/') + 1).replace(/ \(deleted\)$/, '');

const isBelow = (file: string, directories: readonly string[]) =>
  directories.some((one) => file === one || file.startsWith(`${one}/`));

/** Whether a file of /proc could not be read because its process has ended since (proc(5)): a build starts and ends hundreds of them while they are looked through. */
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

/** Where a go command keeps its cache that says nothing of GOCACHE; empty where it has none, undefined where that cannot be told. */
export type DefaultCache = (environment: ReadonlyMap<string, string>, program: string) => string | undefined;

/** A process as far as it uses one of these directories (real paths) or builds through `place`, by which go knows them. */
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
    // Kernel threads and what has ended have none.
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

/** Every process but this one that uses one of the directories, or builds and may do so through `place`. */
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

/** Processes that would miss one of these directories: they have it open, run from it, are in it, or name it themselves rather than the place that leads to it. */
export function directUsers(place: string, directories: readonly string[]): readonly CacheUser[] {
  return cacheUsers(place, directories).filter(({ pid, by }) => {
    if (by === 'reference' || by === 'unseen') return true;
    if (by === 'default') return false;
    const named = ifReadable(() => parseEnviron(readFileSync(`/proc/${pid}/environ`)).get('GOCACHE')) ?? '';
    // By way of the place it is led elsewhere already.
    return named !== place && isBelow(ifReadable(() => realpathSync(named)) ?? named, directories);
  });
}

/** Among which processes this one lives, for whoever reads of a pid elsewhere or later: a boot of a machine, and a namespace in it (pid_namespaces(7)). */
export function processWorld(): { readonly host: string; readonly boot?: string; readonly pids?: string } {
  const boot = ifReadable(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim());
  const pids = ifReadable(() => readlinkSync('/proc/self/ns/pid'));
  return {
    host: hostname(),
    ...(boot === undefined ? {} : { boot }),
    ...(pids === undefined ? {} : { pids }),
  };
}

/** When a process began, in clock ticks since the machine did; undefined where there is none of that pid. */
export function processStart(pid: number): string | undefined {
  const stat = ifReadable(() => readFileSync(`/proc/${pid}/stat`, 'latin1'));
  // Fields count from the last parenthesis (proc_pid_stat(5)); the 22nd.
  return stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}
