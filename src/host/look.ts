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

const absent = '-';

/** How a path looked: what stat said, or that there was nothing to be had. */
type PathMark = Stat | typeof absent;

/** Paths with their marks, and names of questions with theirs. */
export type Look = ReadonlyMap<string, PathMark | LiveMark>;

/** Marks of this moment, which looks that are checked together share. */
export type Marks = Map<string, PathMark | string>;

const current = new AsyncLocalStorage<Map<string, PathMark | LiveMark>>();

/** Only the numbers are kept: a Stats object is larger, and there are thousands. */
function markOf(stat: Stat | undefined): PathMark {
  if (stat === undefined) return absent;
  const { dev, ino, size, mode, uid, mtimeMs, ctimeMs } = stat;
  return { dev, ino, size, mode, uid, mtimeMs, ctimeMs };
}

function sameMark(a: PathMark | string | undefined, b: PathMark | string): boolean {
  if (typeof a !== 'object' || typeof b !== 'object') return a === b;
  return (
    a.ino === b.ino &&
    a.mtimeMs === b.mtimeMs &&
    a.ctimeMs === b.ctimeMs &&
    a.size === b.size &&
    a.dev === b.dev &&
    a.mode === b.mode &&
    a.uid === b.uid
  );
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
  const look = new Map<string, PathMark | LiveMark>();
  return { value: await current.run(look, work), look };
}

function markNow(path: string): PathMark {
  try {
    return statSync(path, { throwIfNoEntry: false }) ?? absent;
  } catch {
    return absent; // not to be had, like then
  }
}

const isLive = (mark: PathMark | LiveMark): mark is LiveMark => typeof mark === 'object' && 'now' in mark;

/** Whether everything still looks as it did. `now` holds marks of this moment; looks that are checked together share it. */
export function looksTheSame(look: Look, now: Marks): boolean {
  for (const [path, mark] of look) {
    let found = now.get(path);
    if (found === undefined) {
      found = isLive(mark) ? mark.now() : markNow(path);
      now.set(path, found);
    }
    if (!sameMark(found, isLive(mark) ? mark.then : mark)) return false;
  }
  return true;
}
