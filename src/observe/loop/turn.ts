/**
 * The scheduling state of one target: whether it needs a visit, of which kind, and when to retry after a
 * failure. A pure state machine: time is a parameter, each function returns the fields that change, and
 * nothing here knows of threads, timers or files.
 *
 * A visit is a check or a look. A check compares the last read trace with the file system and is cheap; a
 * look observes the target.
 */
import type { UnreadReason } from './unreadable-target.ts';

/** Scheduling state of a target. */
export interface Turn {
  /**
   * - clean: no change was announced since its last visit.
   * - dirty: it waits for a check or a look.
   * - running: a thread works on it.
   * - late: it hangs or crashed, and waits for a retry.
   */
  readonly status: 'clean' | 'dirty' | 'running' | 'late';
  /** The visit that a dirty target waits for. */
  readonly want: 'check' | 'look';
  /** A visit was requested while one was running. */
  readonly again: boolean;
  /** An event arrived since its last visit began. */
  readonly announced: boolean;
  /** An event arrived before that, and no look has answered it yet. */
  readonly heard: boolean;
  /** The thread has the read trace of its last look, and a look at unchanged files would change nothing. */
  readonly settled: boolean;
  /** Number of completed visits. */
  readonly passes: number;
  /** Number of consecutive timeouts and crashes. */
  readonly failures: number;
  /** Number of the newest requested pass at the time its last visit began. */
  readonly begun: number;
  /** Number of the newest requested pass that its visits have answered. */
  readonly visited: number;
  /** When a look is due even without a change, ms since the epoch; undefined for never. */
  readonly until: number | undefined;
}

type Change = Partial<Turn>;

/** The turn of a target that was never observed. */
export const firstTurn: Turn = {
  status: 'dirty',
  want: 'look',
  again: false,
  announced: true,
  heard: false,
  settled: false,
  passes: 0,
  failures: 0,
  begun: 0,
  visited: 0,
  until: undefined,
};

/**
 * Schedule of whole looks, which read everything anew: one in every `every` passes, shifted by `offset` so
 * that the targets do not coincide.
 */
export interface WholeLooks {
  readonly every: number;
  readonly offset: number;
}

/**
 * A quarter of an hour at the default interval. This bounds how long a write that changed no timestamp
 * (through mmap(2)) goes unnoticed.
 */
const wholeEveryAtLeast = 60;

/**
 * Returns the schedule of whole looks for one of `targets` targets. With more targets than the minimum number
 * of passes, one target has a whole look per pass, since running `go` is the most expensive part of a pass.
 */
export function wholeLooks(targets: number, index: number): WholeLooks {
  const every = Math.max(wholeEveryAtLeast, targets);
  return { every, offset: index % every };
}

/** Reports whether the next look is a whole look, which also reads what no event announces. */
export function isWhole({ passes }: Turn, { every, offset }: WholeLooks): boolean {
  return passes === 0 || (passes + offset) % every === 0;
}

/**
 * Requests a visit. A running target is visited once more afterwards; a late one waits for its retry. `shown`
 * says whether the target has a state; `now` is in ms since the epoch.
 */
export function requestVisit(turn: Turn, whole: WholeLooks, shown: boolean, now: number): Change {
  if (turn.status === 'running') return { again: true };
  if (turn.status === 'late') return {};
  const due = turn.until !== undefined && now >= turn.until;
  const look = isWhole(turn, whole) || due || !turn.settled || !shown;
  return { status: 'dirty', want: look ? 'look' : turn.status === 'clean' ? 'check' : turn.want };
}

/** Begins a visit, on behalf of all passes up to number `pass`. */
export function beginVisit({ heard, announced }: Turn, pass: number): Change {
  return { status: 'running', begun: pass, again: false, heard: heard || announced, announced: false };
}

/** Ends a visit. If `again` is set, the caller requests the next one ({@link requestVisit}). */
export function endVisit({ passes, begun: pass }: Turn): Change {
  return { status: 'clean', passes: passes + 1, visited: pass };
}

/** Records that a look succeeded. */
export function lookSucceeded(settled: boolean, until: number | undefined): Change {
  return { settled, heard: false, failures: 0, until };
}

/** A check found nothing changed: the announced events concerned nothing that was read. */
export const checkFoundNothing: Change = { heard: false };

/** A check found a change: a look follows. */
export const checkFoundChange: Change = { status: 'dirty', want: 'look' };

/**
 * Records that the thread with the read trace is gone: another thread has to look. A late target stays late.
 */
export function threadLost({ status }: Turn): Change {
  return {
    settled: false,
    want: 'look',
    ...(status === 'clean' || status === 'running' ? { status: 'dirty' } : {}),
  };
}

/** First and longest wait after a timeout or a crash, ms; the wait doubles each time. */
const retryMs = { first: 5_000, longest: 300_000 };

/**
 * Ends a visit that failed. After a plain failure the next pass tries again (`wait` is undefined). After a
 * timeout or a crash the target waits `wait` ms, doubled each time, since a retry may cost another thread.
 */
export function visitFailed(
  { passes, failures, begun: pass }: Turn,
  reason: UnreadReason,
): { readonly change: Change; readonly wait?: number } {
  const over = { settled: false, passes: passes + 1, visited: pass };
  if (reason === 'failed' || reason === 'system-error') return { change: { ...over, status: 'clean' } };
  return {
    change: { ...over, status: 'late', failures: failures + 1 },
    wait: Math.min(retryMs.longest, retryMs.first * 2 ** failures),
  };
}

/** The wait after a failure is over; {@link requestVisit} decides what follows. */
export const retryDue: Change = { status: 'clean' };

/**
 * Reports whether pass number `pass` need not wait for this target any longer. `slow`: the target kept others
 * waiting before; `shown`: it has a state.
 */
export function needNotWait(
  turn: Turn,
  pass: number,
  { slow, shown }: { readonly slow: boolean; readonly shown: boolean },
): boolean {
  return turn.visited >= pass || turn.status === 'late' || (slow && turn.status === 'running' && shown);
}
