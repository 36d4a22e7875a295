/**
 * Explains why a process cannot be found, or its environment cannot be read, from what everybody may read of
 * it. The kernel's rule (ptrace(2), PTRACE_MODE_READ_FSCREDS): equal uids and gids, and no capability that
 * the reader lacks.
 */
import process from 'node:process';
import { readdirSync, readFileSync } from './counted-fs.ts';
import { ancestors } from './processes.ts';

/** What prevents the access. */
export type AccessProblem = 'uid' | 'gid' | 'capabilities' | 'denied';

/** Returns the fields of a line of /proc/<pid>/status (proc_pid_status(5)). */
function fields(status: string, name: string): readonly string[] {
  const line = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '';
  return line.split(/\s+/).filter(Boolean);
}

const capabilities = (status: string) => BigInt(`0x${fields(status, 'CapPrm')[0] ?? '0'}`);

/**
 * Returns what keeps a reader from a process, by the status of both; `denied` if ids and capabilities allow
 * it (a security module, or a process that is not dumpable). Pure.
 */
export function accessProblem(target: string, reader: string): AccessProblem {
  // The reader's file system id is the last of the four.
  const differs = (name: string) => {
    const [real, effective, saved] = fields(target, name);
    const own = fields(reader, name)[3];
    return [real, effective, saved].some((id) => id !== own);
  };
  if (differs('Uid')) return 'uid';
  if (differs('Gid')) return 'gid';
  return (capabilities(target) & ~capabilities(reader)) === 0n ? 'denied' : 'capabilities';
}

/** Returns what keeps this process from reading another one; undefined if that process is gone. */
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

/**
 * Reports whether /proc is mounted so that processes of others are hidden (proc(5), hidepid), by
 * /proc/self/mountinfo. Pure.
 */
export function hidesProcesses(mountinfo: string): boolean {
  const line = mountinfo.split('\n').findLast((one) => one.split(' ')[4] === '/proc') ?? '';
  return /[ ,]hidepid=(?!0\b|off\b)/.test(line);
}

/** Returns why a process that should exist is not visible. */
export function whyUnseen(): 'no-shared-pid-namespace' | 'hidepid' | 'not-found' {
  try {
    if (hidesProcesses(readFileSync('/proc/self/mountinfo', 'latin1'))) return 'hidepid';
    if (process.pid === 1) return 'no-shared-pid-namespace';
    // Only this process below an init of its own container (tini). The first process of a shared pod
    // namespace is nobody's parent.
    const isOwn = (pid: number) => pid === 1 || pid === process.pid || ancestors(pid).includes(process.pid);
    const pids = readdirSync('/proc').map(Number).filter(Number.isInteger);
    return process.ppid === 1 && pids.every(isOwn) ? 'no-shared-pid-namespace' : 'not-found';
  } catch {
    return 'not-found';
  }
}
