/**
 * A read trace records every path that a piece of work asked the file system for, with its stamp at that
 * time. The next pass compares stamps by stat alone, and so knows without reading whether the work would see
 * the same again. The functions of files.ts record every path that they touch, absent ones included.
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
  /** Of a directory: the names in it matter. */
  names?: true;
}

/**
 * The stamp of a path that only had to exist, such as the future directory of a file: its identity and owner,
 * not its content.
 */
interface Kind extends Pick<Stat, 'dev' | 'ino' | 'mode' | 'uid' | 'gid'> {
  readonly kindOnly: true;
}

/**
 * The answer to a question beyond stat, such as which processes run or what background work has found, and
 * how to ask again.
 */
interface LiveAnswer {
  readonly then: string;
  readonly now: () => string;
}

const absent = '-';

/** The stat of a path, or that it could not be had. */
type PathStamp = Stat | Kind | typeof absent;

/** The present stat of a path. */
type Now = Stat | typeof absent;

/** An entry: a path with its stamp, or a live question with its answer. */
export interface TraceEntry {
  readonly name: string;
  readonly stamp: PathStamp | LiveAnswer;
  /** Of an absent path: the stamp of its directory. While that is unchanged, the path is still absent. */
  missed?: Stat | undefined;
  /** The moment of the last comparison, and its result. */
  compared?: Moment['token'];
  same?: boolean;
  /** Number of traces in the watch index that hold it (watch-index.ts). */
  users: number;
}

/** Everything that a piece of work asked, in the order of the first question. */
export interface ReadTrace {
  readonly entries: readonly TraceEntry[];
}

/**
 * Caches the answers of the file system at one moment, so that comparing several traces asks nothing twice.
 */
export interface Moment {
  readonly token: object;
  readonly answers: Map<string, Now | string>;
}

/** Returns a moment without answers. */
export function thisMoment(): Moment {
  return { token: {}, answers: new Map() };
}

/** A trace that is being recorded. */
interface Recording {
  readonly stamps: Map<string, PathStamp | LiveAnswer>;
  /** Called for every answer of the file system, repeated ones included. */
  readonly onAnswer: () => void;
}

const current = new AsyncLocalStorage<Recording>();

/** Copies the numbers only: Stats objects are larger, and there are thousands. */
function pathStampOf(stat: Stat | undefined): Now {
  if (stat === undefined) return absent;
  const { dev, ino, size, mode, uid, gid, mtimeMs, ctimeMs } = stat;
  return { dev, ino, size, mode, uid, gid, mtimeMs, ctimeMs };
}

const sameKind = (a: Stat | Kind, b: Stat | Kind) =>
  a.ino === b.ino && a.dev === b.dev && a.mode === b.mode && a.uid === b.uid && a.gid === b.gid;

function sameStat(a: Stat, b: Stat): boolean {
  return sameKind(a, b) && a.mtimeMs === b.mtimeMs && a.ctimeMs === b.ctimeMs && a.size === b.size;
}

function samePathStamp(now: Now, stamp: Stat | Kind): boolean {
  if (now === absent) return false;
  return 'kindOnly' in stamp ? sameKind(now, stamp) : sameStat(now, stamp);
}

const isKind = (stamp: PathStamp | LiveAnswer | undefined): stamp is Kind =>
  typeof stamp === 'object' && 'kindOnly' in stamp;

/**
 * Reports whether a trace is being recorded; a command that observes once need not ask what only a later pass
 * compares.
 */
export const isTracing = () => current.getStore() !== undefined;

/**
 * Records a path with its stat from before it was used; `undefined` if it could not be had. The first stamp
 * of a path is kept, except that a full stamp replaces a kind-only one.
 */
export function traceRead(path: string, stat: Stat | undefined): void {
  const recording = current.getStore();
  if (recording === undefined) return;
  const { stamps, onAnswer } = recording;
  onAnswer();
  if (!stamps.has(path) || isKind(stamps.get(path))) stamps.set(path, pathStampOf(stat));
}

/** Records that the names in a directory, already in the trace, were used. */
export function traceNames(path: string): void {
  const stamp = current.getStore()?.stamps.get(path);
  if (typeof stamp === 'object' && !isLive(stamp) && !isKind(stamp)) stamp.names = true;
}

/**
 * Records only identity and owner of a path, so that a directory in which files come and go counts as
 * unchanged.
 */
export function traceKind(path: string, stat: Stat | undefined): void {
  const recording = current.getStore();
  if (recording === undefined) return;
  const { stamps: trace, onAnswer } = recording;
  onAnswer();
  if (trace.has(path)) return;
  if (stat === undefined) trace.set(path, absent);
  else {
    const { dev, ino, mode, uid, gid } = stat;
    trace.set(path, { dev, ino, mode, uid, gid, kindOnly: true });
  }
}

/**
 * Records a question that stat cannot answer. Each later pass calls `now` (which may let background work
 * continue), once for all traces compared together; a different answer makes the pass observe again. `name`
 * is not a path.
 */
export function traceQuestion(name: string, then: string, now: () => string): void {
  current.getStore()?.stamps.set(name, { then, now });
}

/**
 * Adds the trace of earlier work whose result is reused. As in {@link traceRead} the first stamp of a path is
 * kept; that names were used is taken from both.
 */
export function mergeTrace({ entries }: ReadTrace): void {
  const trace = current.getStore()?.stamps;
  if (trace === undefined) return;
  for (const entry of entries) {
    const { name, stamp } = entry;
    const before = trace.get(name);
    if (before === undefined || isLive(before) || isKind(before)) trace.set(name, stamp);
    else if (before !== absent && listsNames(entry)) before.names = true;
  }
}

/**
 * Runs `work` and records what it asks, asynchronous parts included. `onAnswer` is called for every answer of
 * the file system, so that a caller can distinguish slow work from hanging work.
 */
export async function recordTrace<T>(
  work: () => Promise<T>,
  onAnswer: () => void = () => {},
): Promise<{ readonly value: T; readonly trace: ReadTrace }> {
  const stamps = new Map<string, PathStamp | LiveAnswer>();
  const value = await current.run({ stamps, onAnswer }, work);
  return { value, trace: { entries: [...stamps].map(([name, stamp]) => ({ name, stamp, users: 0 })) } };
}

/** Returns the live questions of a trace, with their old answers and how to ask again. */
export function liveQuestions({ entries }: ReadTrace): readonly (LiveAnswer & { readonly name: string })[] {
  return entries.flatMap(({ name, stamp }) => (isLive(stamp) ? { name, ...stamp } : []));
}

function stampNow(path: string): Now {
  try {
    return pathStampOf(statSync(path));
  } catch {
    return absent; // unreachable, as when it was recorded
  }
}

/** Reports whether a stamp is the answer to a live question. */
export const isLive = (stamp: PathStamp | LiveAnswer): stamp is LiveAnswer =>
  typeof stamp === 'object' && 'now' in stamp;

function known<T extends Now | string>({ answers }: Moment, name: string, ask: () => T): T {
  const before = answers.get(name);
  if (before !== undefined) return before as T;
  const answer = ask();
  answers.set(name, answer);
  return answer;
}

/** Changes less than 2 s apart may share a timestamp: the clocks of file systems tick slowly. */
const tickMs = 2_000;

/** Reports whether a further change would get a new timestamp; false for a very recent change. */
export const isSettled = ({ mtimeMs, ctimeMs }: Pick<Stat, 'mtimeMs' | 'ctimeMs'>): boolean =>
  Date.now() - Math.max(mtimeMs, ctimeMs) > tickMs;

/**
 * Reports whether an absent path still is. A new entry changes the timestamp of its directory (POSIX, open
 * and rename), which many absent paths share. A dangling symlink is an entry whose target may appear without
 * that.
 */
function stillAbsent(entry: TraceEntry, now: Moment): boolean {
  const { name, missed } = entry;
  const directory = dirname(name);
  const parent = known(now, directory, () => stampNow(directory));
  if (parent === absent) return true;
  if (missed !== undefined && sameStat(missed, parent)) return true;
  entry.missed = undefined;
  if (known(now, name, () => stampNow(name)) !== absent) return false;
  if (isSettled(parent) && isNoEntry(name)) entry.missed = parent;
  return true;
}

function isNoEntry(path: string): boolean {
  try {
    return lstatSync(path) === undefined;
  } catch {
    return false;
  }
}

function isSame(entry: TraceEntry, now: Moment): boolean {
  const { name, stamp } = entry;
  if (stamp === absent) return stillAbsent(entry, now);
  if (isLive(stamp)) return known(now, name, stamp.now) === stamp.then;
  return samePathStamp(
    known(now, name, () => stampNow(name)),
    stamp,
  );
}

/** Reports whether everything in the trace is unchanged. */
export function isUnchanged({ entries }: ReadTrace, now: Moment): boolean {
  return entries.every((entry) => {
    if (entry.compared !== now.token) {
      entry.compared = now.token;
      entry.same = isSame(entry, now);
    }
    return entry.same === true;
  });
}

/** Reports whether two entries of the same name have the same stamp or answer. */
export function sawTheSame({ stamp: a }: TraceEntry, { stamp: b }: TraceEntry): boolean {
  if (a === absent || b === absent) return a === b;
  if (isLive(a) || isLive(b)) return isLive(a) && isLive(b) && a.then === b.then;
  if (isKind(a) || isKind(b)) return isKind(a) && isKind(b) && sameKind(a, b);
  return sameStat(a, b) && a.names === b.names;
}

/** Reports whether an entry is a directory whose names were used. */
export function listsNames({ stamp }: TraceEntry): boolean {
  return typeof stamp === 'object' && !isLive(stamp) && !isKind(stamp) && stamp.names === true;
}
