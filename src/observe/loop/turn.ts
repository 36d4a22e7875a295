/**
 * The turns of one target: whether something is to be done with it, what, and when again after it went wrong. A pure state machine: the time is
 * passed in, each function returns what changes, and nothing here knows a thread, a timer or a file.
 */
import type { UnreadReason } from './unread.ts';

/** Where a target stands. */
export interface Turn {
  /**
   * clean: its state is that of its files, as far as anybody announced. dirty: it waits for a check of whether anything moved, or for a look.
   * running: a thread works on it. late: it hangs, or hung a moment ago.
   */
  readonly status: 'clean' | 'dirty' | 'running' | 'late';
  /** What a dirty target waits for. */
  readonly want: 'check' | 'look';
  /** Something was announced while it ran. */
  readonly again: boolean;
  /** Something was announced since its last visit began. */
  readonly announced: boolean;
  /** Something was announced before that, which no look has answered yet. */
  readonly heard: boolean;
  /** Its thread knows what its last look asked, and a look at the same would change nothing. */
  readonly settled: boolean;
  /** Visits that ended. */
  readonly passes: number;
  /** Timeouts and crashes in a row. */
  readonly failures: number;
  /** Number of the newest pass that was asked for when its last visit began, and ended. */
  readonly begun: number;
  readonly visited: number;
  /** When it is to be looked at whatever happens, ms since the epoch; undefined for never. */
  readonly until: number | undefined;
}

type Change = Partial<Turn>;

/** A target that nobody looked at yet. */
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

/** How often everything of a target is read anew: in each `every`th of its passes, and not in the same pass as the others (`offset`). */
export interface WholeLooks {
  readonly every: number;
  readonly offset: number;
}

/** A quarter of an hour at the default interval, within which a write is found that moved no time (by a mapping, mmap(2)). */
const wholeEveryAtLeast = 60;

/** How often each of so many targets is read anew. With more targets than passes one has its turn in each: to ask go is the dearest thing that a pass does. */
export function wholeLooks(targets: number, index: number): WholeLooks {
  const every = Math.max(wholeEveryAtLeast, targets);
  return { every, offset: index % every };
}

/** Whether the next look reads everything anew, what nothing announces too. */
export function isWhole({ passes }: Turn, { every, offset }: WholeLooks): boolean {
  return passes === 0 || (passes + offset) % every === 0;
}

/** It is to be visited. One that runs is visited once more after that; one that is late waits for its own time. `now` in ms since the epoch. */
export function wanted(turn: Turn, whole: WholeLooks, shown: boolean, now: number): Change {
  if (turn.status === 'running') return { again: true };
  if (turn.status === 'late') return {};
  const due = turn.until !== undefined && now >= turn.until;
  const look = isWhole(turn, whole) || due || !turn.settled || !shown;
  return { status: 'dirty', want: look ? 'look' : turn.status === 'clean' ? 'check' : turn.want };
}

/** A thread works on it, for the passes up to number `pass`. */
export function begun({ heard, announced }: Turn, pass: number): Change {
  return { status: 'running', begun: pass, again: false, heard: heard || announced, announced: false };
}

/** A visit is over; what came meanwhile makes the next one ({@link wanted}, where `again`). */
export function ended({ passes, begun: pass }: Turn): Change {
  return { status: 'clean', passes: passes + 1, visited: pass };
}

/** A look gave an answer. */
export function answered(settled: boolean, until: number | undefined): Change {
  return { settled, heard: false, failures: 0, until };
}

/** A check found nothing moved: what was announced changed nothing that was read. */
export const unmoved: Change = { heard: false };

/** A check found that something moved: a look is next. */
export const moved: Change = { status: 'dirty', want: 'look' };

/** A thread was given up that knew what its last look asked: it is looked at by another one. One that is late stays so. */
export function orphaned({ status }: Turn): Change {
  return {
    settled: false,
    want: 'look',
    ...(status === 'clean' || status === 'running' ? { status: 'dirty' } : {}),
  };
}

/** First and longest wait after a timeout or a crash, ms; it doubles. */
const retryMs = { first: 5_000, longest: 300_000 };

/**
 * A visit came to nothing. What only failed is tried again at the next pass (no wait); what hung or died waits, in ms, twice as long each time: it
 * would take another thread with it.
 */
export function failed(
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

/** Its time has come after a failure; what is done next {@link wanted} says. */
export const retried: Change = { status: 'clean' };

/** Whether nobody who waits for pass number `pass` needs to wait for it any more. `slow`: it kept others waiting once. */
export function isPast(
  turn: Turn,
  pass: number,
  { slow, shown }: { readonly slow: boolean; readonly shown: boolean },
): boolean {
  return turn.visited >= pass || turn.status === 'late' || (slow && turn.status === 'running' && shown);
}
