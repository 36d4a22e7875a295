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
  readonly gid: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  /** Of a directory: it matters which names are in it. */
  names?: true;
}

/** Of what is no more than there, such as the directory that a file would be in: what it is and whose, not what is in it. */
interface Kind extends Pick<Stat, 'dev' | 'ino' | 'mode' | 'uid' | 'gid'> {
  readonly kindOnly: true;
}

/** What stat cannot tell, such as which processes run or what background work knew: the answer of then, and how to ask now. */
interface LiveMark {
  readonly then: string;
  readonly now: () => string;
}

const absent = '-';

/** How a path looked: what stat said, or that there was nothing to be had. */
type PathMark = Stat | Kind | typeof absent;

/** How it looks now. */
type Now = Stat | typeof absent;

/** One thing that was asked, a path or a live question by its name, and how it looked. */
export interface Entry {
  readonly name: string;
  readonly mark: PathMark | LiveMark;
  /** Of an absent path: the mark of the directory in which it was missed. While that stays, nothing came into it. */
  missed?: Stat | undefined;
  /** The moment for which it was compared last, and what came out. */
  compared?: Moment['token'];
  same?: boolean;
  /** Looks that are kept and hold it (looks.ts). */
  users: number;
}

/** What was asked, and how it looked. */
export interface Look {
  readonly entries: readonly Entry[];
}

/** What was asked of the file system at this moment: looks that are compared with it ask nothing twice. */
export interface Moment {
  readonly token: object;
  readonly marks: Map<string, Now | string>;
}

/** A moment at which nothing was asked yet. */
export function thisMoment(): Moment {
  return { token: {}, marks: new Map() };
}

const current = new AsyncLocalStorage<Map<string, PathMark | LiveMark>>();

/** Only the numbers are kept: a Stats object is larger, and there are thousands. */
function markOf(stat: Stat | undefined): Now {
  if (stat === undefined) return absent;
  const { dev, ino, size, mode, uid, gid, mtimeMs, ctimeMs } = stat;
  return { dev, ino, size, mode, uid, gid, mtimeMs, ctimeMs };
}

const sameKind = (a: Stat | Kind, b: Stat | Kind) =>
  a.ino === b.ino && a.dev === b.dev && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;

function sameStat(a: Stat, b: Stat): boolean {
  return sameKind(a, b) && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size;
}

function sameMark(now: Now, mark: Stat | Kind): boolean {
  if (now === absent) return false;
  return 'kindOnly' in mark ? sameKind(now, mark) : sameStat(now, mark);
}

const isKind = (mark: PathMark | LiveMark | undefined): mark is Kind =>
  typeof mark === 'object' && 'kindOnly' in mark;

/** Whether anything is noted now: a command that looks once need not ask what only a later pass compares. */
export const isNoted = () => current.getStore() !== undefined;

/**
 * Notes a path with what stat said of it before it was used; `undefined` where it could not be had. The first note of a path stays, but one of its
 * kind alone.
 */
export function note(path: string, stat: Stat | undefined): void {
  const look = current.getStore();
  if (look !== undefined && (!look.has(path) || isKind(look.get(path)))) look.set(path, markOf(stat));
}

/** Notes of a directory, after it was noted, that the names in it were used. */
export function noteNames(path: string): void {
  const mark = current.getStore()?.get(path);
  if (typeof mark === 'object' && !isLive(mark) && !isKind(mark)) mark.names = true;
}

/** Notes a path of which nothing matters but what it is and whose: a directory in which files come and go stays the same one. */
export function noteKind(path: string, stat: Stat | undefined): void {
  const look = current.getStore();
  if (look === undefined || look.has(path)) return;
  if (stat === undefined) look.set(path, absent);
  else {
    const { dev, ino, mode, uid, gid } = stat;
    look.set(path, { dev, ino, mode, uid, gid, kindOnly: true });
  }
}

/**
 * Notes what background work or the process table knew, for things that stat cannot tell: `now` is asked at each later pass (it may let
 * the work go on), once for all looks that are checked together, and another answer makes the pass look again. `name` is no path.
 */
export function noteLive(name: string, then: string, now: () => string): void {
  current.getStore()?.set(name, { then, now });
}

/**
 * Notes all that an earlier piece of work asked, for one that takes its result. As by {@link note} the first note of a path stays; that names were used counts
 * in both.
 */
export function noteAgain({ entries }: Look): void {
  const look = current.getStore();
  if (look === undefined) return;
  for (const entry of entries) {
    const { name, mark } = entry;
    const before = look.get(name);
    if (before === undefined || isLive(before) || isKind(before)) look.set(name, mark);
    else if (before !== absent && listsNames(entry)) before.names = true;
  }
}

/** Runs the work and collects what it asked, in what it awaits too. */
export async function recordLook<T>(
  work: () => Promise<T>,
): Promise<{ readonly value: T; readonly look: Look }> {
  const marks = new Map<string, PathMark | LiveMark>();
  const value = await current.run(marks, work);
  return { value, look: { entries: [...marks].map(([name, mark]) => ({ name, mark, users: 0 })) } };
}

/** The live questions of a look, with the answer of then and how to ask now. */
export function liveQuestions({ entries }: Look): readonly (LiveMark & { readonly name: string })[] {
  return entries.flatMap(({ name, mark }) => (isLive(mark) ? { name, ...mark } : []));
}

function markNow(path: string): Now {
  try {
    return markOf(statSync(path));
  } catch {
    return absent; // not to be had, like then
  }
}

/** Whether it is the answer to a question. */
export const isLive = (mark: PathMark | LiveMark): mark is LiveMark =>
  typeof mark === 'object' && 'now' in mark;

function known<T extends Now | string>({ marks }: Moment, name: string, ask: () => T): T {
  const before = marks.get(name);
  if (before !== undefined) return before as T;
  const mark = ask();
  marks.set(name, mark);
  return mark;
}

/** A directory that changed a moment ago may change again without another time: the clocks of file systems tick slowly. */
const tickMs = 2_000;

/**
 * Whether a path that was absent is so still. An entry that comes changes the time of its directory (POSIX, open and rename), which many
 * absent paths share; a link that leads nowhere is an entry, and what it leads to may come without that.
 */
function stillAbsent(entry: Entry, now: Moment): boolean {
  const { name, missed } = entry;
  const directory = dirname(name);
  const parent = known(now, directory, () => markNow(directory));
  if (parent === absent) return true;
  if (missed !== undefined && sameStat(missed, parent)) return true;
  entry.missed = undefined;
  if (known(now, name, () => markNow(name)) !== absent) return false;
  const settled = Date.now() - Math.max(parent.mtimeMs, parent.ctimeMs) > tickMs;
  if (settled && isNoEntry(name)) entry.missed = parent;
  return true;
}

function isNoEntry(path: string): boolean {
  try {
    return lstatSync(path) === undefined;
  } catch {
    return false;
  }
}

function isSame(entry: Entry, now: Moment): boolean {
  const { name, mark } = entry;
  if (mark === absent) return stillAbsent(entry, now);
  if (isLive(mark)) return known(now, name, mark.now) === mark.then;
  return sameMark(
    known(now, name, () => markNow(name)),
    mark,
  );
}

/** Whether everything still looks as it did. */
export function looksTheSame({ entries }: Look, now: Moment): boolean {
  return entries.every((entry) => {
    if (entry.compared !== now.token) {
      entry.compared = now.token;
      entry.same = isSame(entry, now);
    }
    return entry.same === true;
  });
}

/** Whether two entries of a name saw the same. */
export function sawAlike({ mark: a }: Entry, { mark: b }: Entry): boolean {
  if (a === absent || b === absent) return a === b;
  if (isLive(a) || isLive(b)) return isLive(a) && isLive(b) && a.then === b.then;
  if (isKind(a) || isKind(b)) return isKind(a) && isKind(b) && sameKind(a, b);
  return sameStat(a, b) && a.names === b.names;
}

/** Whether it is a directory whose names were used. */
export function listsNames({ mark }: Entry): boolean {
  return typeof mark === 'object' && !isLive(mark) && !isKind(mark) && mark.names === true;
}
