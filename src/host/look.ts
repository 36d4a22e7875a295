/**
 * What a piece of work asked of the file system, and how each thing looked then, so that the next pass can tell by stat alone
 * that it would see the same again. The functions of files.ts note every path that they touch, also those that are absent.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { dirname } from 'node:path';
import { lstatSync, statSync } from './root.ts';

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

/** What was asked, and how it looked. */
export interface Look {
  /** Paths with their marks, and names of questions with theirs. */
  readonly marks: ReadonlyMap<string, PathMark | LiveMark>;
  /** Absent paths with the mark of the directory in which they were missed: while that stays, nothing came into it. */
  readonly missed: Map<string, Stat>;
}

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
  const marks = new Map<string, PathMark | LiveMark>();
  return { value: await current.run(marks, work), look: { marks, missed: new Map() } };
}

function markNow(path: string): PathMark {
  try {
    return statSync(path) ?? absent;
  } catch {
    return absent; // not to be had, like then
  }
}

const isLive = (mark: PathMark | LiveMark): mark is LiveMark => typeof mark === 'object' && 'now' in mark;

function known<T extends PathMark | string>(now: Marks, name: string, ask: () => T): T {
  const before = now.get(name);
  if (before !== undefined) return before as T;
  const mark = ask();
  now.set(name, mark);
  return mark;
}

/** A directory that changed a moment ago may change again without another time: the clocks of file systems tick slowly. */
const tickMs = 2_000;

/**
 * Whether a path that was absent is so still. An entry that comes changes the time of its directory (POSIX, open and rename), which many
 * absent paths share; a link that leads nowhere is an entry, and what it leads to may come without that.
 */
function stillAbsent(path: string, missed: Map<string, Stat>, now: Marks): boolean {
  const directory = dirname(path);
  const parent = known(now, directory, () => markNow(directory));
  if (parent === absent) return true;
  const before = missed.get(path);
  if (before !== undefined && sameMark(before, parent)) return true;
  missed.delete(path);
  if (known(now, path, () => markNow(path)) !== absent) return false;
  const settled = Date.now() - Math.max(parent.mtimeMs, parent.ctimeMs) > tickMs;
  if (settled && isNoEntry(path)) missed.set(path, parent);
  return true;
}

function isNoEntry(path: string): boolean {
  try {
    return lstatSync(path) === undefined;
  } catch {
    return false;
  }
}

/** Whether everything still looks as it did. `now` holds marks of this moment; looks that are checked together share it. */
export function looksTheSame({ marks, missed }: Look, now: Marks): boolean {
  for (const [name, mark] of marks) {
    if (mark === absent) {
      if (!stillAbsent(name, missed, now)) return false;
    } else if (isLive(mark)) {
      if (known(now, name, mark.now) !== mark.then) return false;
    } else if (
      !sameMark(
        known(now, name, () => markNow(name)),
        mark,
      )
    )
      return false;
  }
  return true;
}
