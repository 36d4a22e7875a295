/**
 * Processes of one user by /proc: who runs, from where, in which environment. What vanishes while it is read, and what may not be read, is
 * left out. Where there is no /proc there is nobody.
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

/** Longest command line that is looked at, in bytes; a Java program's has some ten thousand. */
const commandLimit = 128 * 1024;

interface Known {
  /** Identity of the process directory: a pid that is used again has another one. */
  readonly mark: string;
  readonly program: RunningProgram | undefined;
  /** Clock readings in ms: when the process was first seen, and until when its command line counts. */
  readonly since: number;
  readonly until: number;
}

/** A table of processes that pass a test, kept up to date cheaply: a process that is known costs one stat. */
export interface ProcessTable {
  /** The programs of the user `uid`, by pid. At most `maxAgeMs` old. */
  programs(uid: number): readonly RunningProgram[];
}

const maxAgeMs = 500;
/** A process may become another program (execve), mostly at its beginning: the longer it is known, the longer it is believed. */
const maxBeliefMs = 30_000;

/** Makes a table of the programs whose arguments pass `wanted`. */
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

/** Programs that run from below one of these directories (real paths), whoever runs them; of others' processes a user sees no more than that they are there. */
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

/** Go commands that run now, with the environment that they were started in; those whose environment may not be read are left out. */
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

/** Notes in the look of this pass which of the table's programs run: another set makes another pass. */
export function notePrograms(name: string, table: ProcessTable, uid: number): readonly RunningProgram[] {
  const pids = () =>
    table
      .programs(uid)
      .map(({ pid }) => pid)
      .join(' ');
  traceQuestion(name, pids(), pids);
  return table.programs(uid);
}

/** Where a process is, in which environment it was started, and by whose rights it reads what that names. */
export interface ProcessDetails {
  readonly cwd: string;
  readonly environment: ReadonlyMap<string, string>;
  readonly credentials: OtherCredentials;
}

/**
 * Reads {@link ProcessDetails} of a process of one user; undefined when it is gone, is not to be read, is somebody else's or nobody's
 * (process-owner.ts), or is in another root, where paths mean other files.
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

/** The pids above a process, nearest first, at most `limit`. */
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
    // The name of the program stands in parentheses and may hold any character: fields count from the last one (proc_pid_stat(5)).
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
  });
}
