/**
 * Why a process cannot be found, or its environment cannot be read, from what everybody may read of it. The kernel's rule (ptrace(2),
 * PTRACE_MODE_READ_FSCREDS): equal uids and gids, and no capability that the reader lacks.
 */
import process from 'node:process';
import { readdirSync, readFileSync } from './counted-fs.ts';
import { ancestors } from './processes.ts';

/** What stands in the way. */
export type AccessProblem = 'uid' | 'gid' | 'capabilities' | 'denied';

/** A line of /proc/<pid>/status (proc_pid_status(5)), split at white space. */
function fields(status: string, name: string): readonly string[] {
  const line = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean);
}

const capabilities = (status: string) => BigInt(`0x${fields(status, 'CapPrm')[0] ?? '0'}`);

/** What keeps a reader from a process, by the status of both; `denied` where none of it does (a security module, or no dumpable program). Pure. */
export function accessProblem(target: string, reader: string): AccessProblem {
  // File system ids of the reader are the last of the four.
  const differs = (name: string) => {
    const [real, effective, saved] = fields(target, name);
    const own = fields(reader, name)[3];
    return [real, effective, saved].some((id) => id !== own);
  };
  if (differs('Uid')) return 'uid';
  if (differs('Gid')) return 'gid';
  return (capabilities(target) & ~capabilities(reader)) === 0n ? 'denied' : 'capabilities';
}

/** What keeps this process from reading another one; undefined when that is gone. */
export function whyUnreadable(pid: number): AccessProblem | undefined {
  try {
    return accessProblem(
      readFileSync(`/proc/${pid}/status`, 'latin1'),
      readFileSync('/proc/self/status', 'latin1'),
    );
  } catch {
    return undefined;
  }
}

/** Whether /proc is mounted so that it hides what belongs to others (proc(5), hidepid), by /proc/self/mountinfo. Pure. */
export function hidesProcesses(mountinfo: string): boolean {
  const line = mountinfo.split('\n').findLast((one) => one.split(' ')[4] === '/proc') ?? '';
  return /[ ,]hidepid=(?!0\b|off\b)/.test(line);
}

/** Why a process that should be there may not be seen. */
export function whyUnseen(): 'no-shared-pid-namespace' | 'hidepid' | 'not-found' {
  try {
    if (hidesProcesses(readFileSync('/proc/self/mountinfo', 'latin1'))) return 'hidepid';
    if (process.pid === 1) return 'no-shared-pid-namespace';
    // Below an init of this container's own (tini), and nobody but its line is there. The first process of a pod is nobody's parent.
    const isOwn = (pid: number) => pid === 1 || pid === process.pid || ancestors(pid).includes(process.pid);
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return process.ppid === 1 && pids.every(isOwn) ? 'no-shared-pid-namespace' : 'not-found';
  } catch {
    return 'not-found';
  }
}
