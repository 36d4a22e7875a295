/**
 * The calls of node:fs that read targets, counting the errors of the system itself: out of descriptors or
 * memory, a failing disk. Such an error says nothing about the file, and an observation in which one occurred
 * says nothing about its target, even if some caller took the file for absent. Counted once, here, for the
 * whole thread.
 */
import * as fs from 'node:fs';

/** Error codes of the system itself (open(2), read(2)), with the reason shown to users. */
const reasons: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files in this process (EMFILE)',
  ENFILE: 'too many open files on this host (ENFILE)',
  ENOMEM: 'the system has no memory left (ENOMEM)',
  EIO: 'the disk gives an error (EIO)',
};

let refused = { count: 0, why: '' };
/** Value of the count when the caches were last cleared. */
let forgotten = 0;
const memories: { clear(): void }[] = [];

/**
 * Registers a cache of what was read, such as contents by file stamp. An entry made from a failed read would
 * stay wrong once the system has recovered; so all registered caches are cleared before the first observation
 * after a failure.
 */
export function clearedOnRefusal<Memory extends { clear(): void }>(memory: Memory): Memory {
  memories.push(memory);
  return memory;
}

/** Counts an error if it is one of the system's own. */
export function countRefusal(error: unknown): void {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const why = reasons[code];
  if (why !== undefined) refused = { count: refused.count + 1, why };
}

/**
 * Starts to listen, with caches free of earlier failures. The returned function tells why the system refused
 * a call since then; undefined if it did not.
 */
export function refusals(): () => string | undefined {
  const { count } = refused;
  if (forgotten !== count) for (const memory of memories) memory.clear();
  forgotten = count;
  return () => (refused.count === count ? undefined : refused.why);
}

function counted<Call extends (...args: never[]) => unknown>(call: Call): Call {
  return ((...args: Parameters<Call>) => {
    try {
      return call(...args);
    } catch (error) {
      countRefusal(error);
      throw error;
    }
  }) as Call;
}

export { type BigIntStats, closeSync, constants, type Dirent, type Stats } from 'node:fs';
export const accessSync = counted(fs.accessSync);
export const fstatSync = counted(fs.fstatSync);
export const lstatSync = counted(fs.lstatSync);
export const openSync = counted(fs.openSync);
export const readFileSync = counted(fs.readFileSync);
export const readSync = counted(fs.readSync);
export const readdirSync = counted(fs.readdirSync);
export const readlinkSync = counted(fs.readlinkSync);
export const realpathSync = Object.assign(counted(fs.realpathSync), {
  native: counted(fs.realpathSync.native),
});
export const statSync = counted(fs.statSync);
export const statfsSync = counted(fs.statfsSync);

/**
 * Reports whether a name exists, dangling symlinks included. A path that may not be inspected counts as
 * absent.
 */
export function isThere(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
}
