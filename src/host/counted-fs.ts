/**
 * The calls of node:fs by which targets are read, and what the system refused of them for reasons of its own: out of descriptors or memory, a disk
 * that gives an error. Such an answer says nothing of the file that was asked for, and a look in which one occurred says nothing of its target,
 * whoever took the file for absent: that is counted here, once, for the whole thread.
 */
import * as fs from 'node:fs';

/** open(2), read(2): the process or the system has no descriptors left, no memory, or the disk failed. */
const reasons: Readonly<Record<string, string>> = {
  EMFILE: 'too many open files in this process (EMFILE)',
  ENFILE: 'too many open files on this host (ENFILE)',
  ENOMEM: 'the system has no memory left (ENOMEM)',
  EIO: 'the disk gives an error (EIO)',
};

let refused = { count: 0, why: '' };
/** Refusals before the memories were emptied. */
let forgotten = 0;
const memories: { clear(): void }[] = [];

/**
 * A memory of what was read, such as of a file by its stamp. It may hold what was made of a refusal, and would answer with it when the system is
 * well again: it is emptied before the first look after one.
 */
export function clearedOnRefusal<Memory extends { clear(): void }>(memory: Memory): Memory {
  memories.push(memory);
  return memory;
}

/** Counts an error when it is one of the system's own. */
export function countRefusal(error: unknown): void {
  const code = typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
  const why = reasons[code];
  if (why !== undefined) refused = { count: refused.count + 1, why };
}

/** Begins to listen, with memories that hold nothing of an earlier refusal; the answer tells why the system refused something since then, or undefined. */
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

/** Whether something stands there, a link that leads nowhere included. What may not be looked at is taken for absent. */
export function isThere(file: string): boolean {
  try {
    lstatSync(file);
    return true;
  } catch {
    return false;
  }
}
