/**
 * A read trace: every path that a piece of work asked the file system for, each with the stamp that it had then. The next pass compares
 * stamps by stat alone, and knows without reading whether the work would see the same again. The functions of files.ts put every path that they
 * touch into the trace, also those that are absent.
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

/** The stamp of a path that only had to exist, such as the directory that a file would be in: what it is and whose, not what is in it. */
interface Kind extends Pick<Stat, 'dev' | 'ino' | 'mode' | 'uid' | 'gid'> {
  readonly kindOnly: true;
}

/** A question that stat cannot answer, such as which processes run or what background work knew: the answer of then, and how to ask again. */
interface LiveAnswer {
  readonly then: string;
  readonly now: () => string;
}

const absent = '-';

/** What stat said of a path, or that the path could not be had. */
type PathStamp = Stat | Kind | typeof absent;

/** What stat says of a path now. */
type Now = Stat | typeof absent;

/** One thing that was asked: a path with its stamp, or a live question with its answer. */
export interface TraceEntry {
  readonly name: string;
  readonly stamp: PathStamp | LiveAnswer;
  /** Of an absent path: the stamp of the directory in which it was looked for. While that stays, nothing came into it. */
  missed?: Stat | undefined;
  /** The moment for which it was compared last, and the result. */
  compared?: Moment['token'];
  same?: boolean;
  /** How many traces in the watch index hold it (watch-index.ts). */
  users: number;
}

/** All that a piece of work asked, in the order of the first question. */
export interface ReadTrace {
  readonly entries: readonly TraceEntry[];
}

/** Answers of the file system at one moment, so that traces which are compared with it ask nothing twice. */
export interface Moment {
  readonly token: object;
  readonly answers: Map<string, Now | string>;
}

/** A moment at which nothing was asked yet. */
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

/** Only the numbers are kept: a Stats object is larger, and there are thousands. */
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

/** Whether a trace is being recorded: a command that observes once need not ask what only a later pass compares. */
export const isTracing = () => current.getStore() !== undefined;

/**
 * Records a path with what stat said of it before it was used; `undefined` where it could not be had. The first stamp of a path stays, unless it
 * was of the kind alone.
 */
export function traceRead(path: string, stat: Stat | undefined): void {
  const recording = current.getStore();
  if (recording === undefined) return;
  const { stamps, onAnswer } = recording;
  onAnswer();
  if (!stamps.has(path) || isKind(stamps.get(path))) stamps.set(path, pathStampOf(stat));
}

/** Records of a directory that is in the trace that the names in it were used. */
export function traceNames(path: string): void {
  const stamp = current.getStore()?.stamps.get(path);
  if (typeof stamp === 'object' && !isLive(stamp) && !isKind(stamp)) stamp.names = true;
}

/** Records a path of which nothing matters but what it is and whose: a directory in which files come and go stays the same one. */
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
 * Records a question that stat cannot answer, with what background work or the process table knew: `now` is asked at each later pass (it may let
 * the work go on), once for all traces that are compared together; another answer makes the pass observe anew. `name` is no path.
 */
export function traceQuestion(name: string, then: string, now: () => string): void {
  current.getStore()?.stamps.set(name, { then, now });
}

/**
 * Records all that an earlier piece of work asked, for a piece of work that takes over its result. As in {@link traceRead} the first stamp of a path stays;
 * that names were used counts in both.
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
 * Runs the work and records what it asks, also in what it awaits. `onAnswer` is called for every answer of the file system, so that a caller
 * can tell work that is slow from work that hangs.
 */
export async function recordTrace<T>(
  work: () => Promise<T>,
  onAnswer: () => void = () => {},
): Promise<{ readonly value: T; readonly trace: ReadTrace }> {
  const stamps = new Map<string, PathStamp | LiveAnswer>();
  const value = await current.run({ stamps, onAnswer }, work);
  return { value, trace: { entries: [...stamps].map(([name, stamp]) => ({ name, stamp, users: 0 })) } };
}

/** The live questions of a trace, with the answer of then and how to ask again. */
export function liveQuestions({ entries }: ReadTrace): readonly (LiveAnswer & { readonly name: string })[] {
  return entries.flatMap(({ name, stamp }) => (isLive(stamp) ? { name, ...stamp } : []));
}

function stampNow(path: string): Now {
  try {
    return pathStampOf(statSync(path));
  } catch {
    return absent; // not to be had, like then
  }
}

/** Whether it is the answer to a live question. */
export const isLive = (stamp: PathStamp | LiveAnswer): stamp is LiveAnswer =>
  typeof stamp === 'object' && 'now' in stamp;

function known<T extends Now | string>({ answers }: Moment, name: string, ask: () => T): T {
  const before = answers.get(name);
  if (before !== undefined) return before as T;
  const answer = ask();
  answers.set(name, answer);
  return answer;
}

/** What changed a moment ago may change again without another time: the clocks of file systems tick slowly. */
const tickMs = 2_000;

/** Whether another change would have another time; `false` for what changed a moment ago. */
export const isSettled = ({ mtimeMs, ctimeMs }: Pick<Stat, 'mtimeMs' | 'ctimeMs'>): boolean =>
  Date.now() - Math.max(mtimeMs, ctimeMs) > tickMs;

/**
 * Whether a path that was absent is so still. An entry that comes changes the time of its directory (POSIX, open and rename), which many
 * absent paths share; a link that leads nowhere is an entry, and what it leads to may come without that.
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

/** Whether everything in the trace is still as it was. */
export function isUnchanged({ entries }: ReadTrace, now: Moment): boolean {
  return entries.every((entry) => {
    if (entry.compared !== now.token) {
      entry.compared = now.token;
      entry.same = isSame(entry, now);
    }
    return entry.same === true;
  });
}

/** Whether two entries of a name saw the same. */
export function sawTheSame({ stamp: a }: TraceEntry, { stamp: b }: TraceEntry): boolean {
  if (a === absent || b === absent) return a === b;
  if (isLive(a) || isLive(b)) return isLive(a) && isLive(b) && a.then === b.then;
  if (isKind(a) || isKind(b)) return isKind(a) && isKind(b) && sameKind(a, b);
  return sameStat(a, b) && a.names === b.names;
}

/** Whether it is a directory whose names were used. */
export function listsNames({ stamp }: TraceEntry): boolean {
  return typeof stamp === 'object' && !isLive(stamp) && !isKind(stamp) && stamp.names === true;
}
