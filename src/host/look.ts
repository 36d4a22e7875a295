/**
 * What a piece of work asked of the file system, and how each thing looked then, so that the next pass can tell by stat alone
 * that it would see the same again. The functions of files.ts note every path that they touch, also those that are absent.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { statSync } from 'node:fs';

/** What identifies a file without reading it. */
interface Stat {
  readonly dev: number;
  readonly ino: number;
  readonly size: number;
  readonly mode: number;
  readonly uid: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
}

/** What stat cannot tell, such as which processes run or what background work knew: the answer of then, and how to ask now. */
interface LiveMark {
  readonly then: string;
  readonly now: () => string;
}

/** Paths with their marks, and names of questions with theirs. */
export type Look = ReadonlyMap<string, string | LiveMark>;

const absent = '-';
const current = new AsyncLocalStorage<Map<string, string | LiveMark>>();

function markOf(stat: Stat | undefined): string {
  if (stat === undefined) return absent;
  const { dev, ino, size, mode, uid, mtimeMs, ctimeMs } = stat;
  return `${dev} ${ino} ${size} ${mode} ${uid} ${mtimeMs} ${ctimeMs}`;
}

/** Notes a path with what stat said of it before it was used; `undefined` where it could not be had. The first note of a path stays. */
export function note(path: string, stat: Stat | undefined): void {
  const look = current.getStore();
  if (look !== undefined && !look.has(path)) look.set(path, markOf(stat));
}

/**
 * Notes what background work or the process table knew, for things that stat cannot tell: `now` is asked at each later pass (it may let
 * the work go on), once for all looks that are checked together, and another answer makes the pass look again. `name` is no path.
 */
export function noteLive(name: string, then: string, now: () => string): void {
  current.getStore()?.set(name, { then, now });
}

/** Runs the work and collects what it asked, in what it awaits too. */
export async function recordLook<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly look: Look }> {
  const look = new Map<string, string | LiveMark>();
  return { value: await current.run(look, work), look };
}

function markNow(path: string): string {
  try {
    return markOf(statSync(path, { throwIfNoEntry: false }));
  } catch {
    return absent; // not to be had, like then
  }
}

/** Whether everything still looks as it did. `now` holds marks of this moment; looks that are checked together share it. */
export function looksTheSame(look: Look, now: Map<string, string>): boolean {
  for (const [path, mark] of look) {
    const live = typeof mark !== 'string';
    let found = now.get(path);
    if (found === undefined) {
      found = live ? mark.now() : markNow(path);
      now.set(path, found);
    }
    if (found !== (live ? mark.then : mark)) return false;
  }
  return true;
}
