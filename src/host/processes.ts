/**
 * Lists processes of one user by /proc: program, directory, environment. Processes that vanish meanwhile or
 * may not be read are left out. Without /proc the result is empty.
 */

import { readdirSync, readFileSync, readlinkSync, statSync } from './counted-fs.ts';
import type { OtherCredentials } from './credentials.ts';
import { ifReadable } from './errors.ts';
import { parseEnviron } from './machine.ts';
import { readOwned } from './process-owner.ts';
import { traceQuestion } from './read-trace.ts';
import { sharesRoot } from './root.ts';

/** A running program. */
export interface RunningProgram {
  readonly pid: number;
  readonly argv: readonly string[];
}

/** Bytes read of a command line; that of a Java program has some ten thousand. */
const commandLimit = 128 * 1024;

interface Known {
  /** Identity of its /proc directory, which differs when a pid is reused. */
  readonly mark: string;
  readonly program: RunningProgram | undefined;
  /** Clock readings in ms: first seen, and how long the command line is trusted. */
  readonly since: number;
  readonly until: number;
}

/** A table of processes that pass a test, cheap to keep up to date: a known process costs one stat. */
export interface ProcessTable {
  /** Returns the programs of the user `uid`, by pid; at most `maxAgeMs` old. */
  programs(uid: number): readonly RunningProgram[];
}

const maxAgeMs = 500;
/**
 * Longest time a command line is trusted, ms. A process may execve another program, mostly right after its
 * start: so the longer it is known, the longer it is trusted.
 */
const maxBeliefMs = 30_000;

/** Creates a table of the programs whose arguments pass `wanted`. */
export function processTable(wanted: (argv: readonly string[]) => boolean): ProcessTable {
  let known = new Map<number, Known>();
  let last:
    | { readonly at: number; readonly uid: number; readonly programs: readonly RunningProgram[] }
    | undefined;

  function look(uid: number, at: number): readonly RunningProgram[] {
    const now = new Map<number, Known>();
    for (const name of ifReadable(() => readdirSync('/proc')) ?? []) {
      const pid = Number(name);
      if (!Number.isInteger(pid)) continue;
      const stat = ifReadable(() => statSync(`/proc/${name}`, { throwIfNoEntry: false }));
      if (stat === undefined || stat.uid !== uid) continue;
      const mark = `${stat.ino} ${stat.ctimeMs}`;
      const before = known.get(pid);
      const same = before?.mark === mark ? before : undefined;
      if (same !== undefined && at < same.until) {
        now.set(pid, same);
        continue;
      }
      const since = same?.since ?? at;
      now.set(pid, { mark, program: read(pid), since, until: at + Math.min(maxBeliefMs, at - since) });
    }
    known = now;
    return [...now.values()].flatMap((one) => one.program ?? []).sort((a, b) => a.pid - b.pid);
  }

  function read(pid: number): RunningProgram | undefined {
    const text = ifReadable(() =>
      readFileSync(`/proc/${pid}/cmdline`).subarray(0, commandLimit).toString('utf8'),
    );
    const argv = (text ?? '').split('\0');
    argv.pop();
    return argv.length > 0 && wanted(argv) ? { pid, argv } : undefined;
  }

  return {
    programs(uid) {
      const at = performance.now();
      if (last === undefined || last.uid !== uid || at - last.at > maxAgeMs)
        last = { at, uid, programs: look(uid, at) };
      return last.programs;
    },
  };
}

/**
 * Returns the programs, of any user, that run from below one of these directories (real paths). Processes of
 * other users are only visible with privileges.
 */
export function programsFrom(
  directories: readonly string[],
): readonly { readonly pid: number; readonly program: string }[] {
  return (ifReadable(() => readdirSync('/proc')) ?? []).flatMap((name) => {
    const pid = Number(name);
    const program = Number.isInteger(pid) ? ifReadable(() => readlinkSync(`/proc/${name}/exe`)) : undefined;
    return program !== undefined && directories.some((one) => program.startsWith(`${one}/`))
      ? [{ pid, program }]
      : [];
  });
}

/**
 * Returns the running go commands with the environment that they were started in; those whose environment may
 * not be read are left out.
 */
export function goCommands(): readonly {
  readonly pid: number;
  readonly program: string;
  readonly environment: ReadonlyMap<string, string>;
}[] {
  return (ifReadable(() => readdirSync('/proc')) ?? []).flatMap((name) => {
    const pid = Number(name);
    const program = Number.isInteger(pid) ? ifReadable(() => readlinkSync(`/proc/${name}/exe`)) : undefined;
    if (program === undefined || !/\/go(?: \(deleted\))?$/.test(program)) return [];
    const environment = ifReadable(() => parseEnviron(readFileSync(`/proc/${name}/environ`)));
    return environment === undefined ? [] : [{ pid, program, environment }];
  });
}

/**
 * Records in the read trace which of the table's programs run, so that another set causes another pass;
 * returns them.
 */
export function notePrograms(name: string, table: ProcessTable, uid: number): readonly RunningProgram[] {
  const pids = () =>
    table
      .programs(uid)
      .map(({ pid }) => pid)
      .join(' ');
  traceQuestion(name, pids(), pids);
  return table.programs(uid);
}

/** Working directory, initial environment and permissions of a process. */
export interface ProcessDetails {
  readonly cwd: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly credentials: OtherCredentials;
}

/**
 * Reads {@link ProcessDetails} of a process; undefined if it is gone, may not be read, does not belong to
 * exactly this user (process-owner.ts), or lives in another root, where paths mean other files.
 */
export function processDetails(pid: number, uid: number): ProcessDetails | undefined {
  return ifReadable(() => {
    if (!sharesRoot(pid)) return undefined;
    const read = readOwned(pid, uid, () => ({
      environment: parseEnviron(readFileSync(`/proc/${pid}/environ`)),
      cwd: readlinkSync(`/proc/${pid}/cwd`),
    }));
    return 'refused' in read ? undefined : { ...read.value, credentials: read.credentials };
  });
}

/** Returns the pids above a process, nearest first, at most `limit`. */
export function ancestors(pid: number, limit = 16): readonly number[] {
  const found: number[] = [];
  let here = parentOf(pid);
  while (here !== undefined && here > 1 && found.length < limit) {
    found.push(here);
    here = parentOf(here);
  }
  return found;
}

function parentOf(pid: number): number | undefined {
  return ifReadable(() => {
    // The program name is in parentheses and may contain any character: fields count from the last one
    // (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  });
}
