/**
 * Records appearing and vanishing targets in the journal: one line each while that is news, and one line with
 * a count if there are too many. Times are of a monotonic clock, ms. The owner of a directory may rename it
 * all day, and the journal has limited room for the history of all targets (decision record 0080). Pure.
 */
import path from 'node:path';
import type { TargetEvent } from '../../drift/events.ts';

/** Most lines in a period: for directories below one directory, for those of one owner, and in total. */
const directoryLines = 8;
const ownerLines = 20;
const allLines = 200;
/** More changes than this below one directory in one search become one line. */
const fewAtOnce = 5;
/** Length of a period, ms, and of one that follows a period with too many changes. */
const periodMs = 600_000;
const longPeriodMs = 3_600_000;
/** Most names in a line about many targets. */
const mostNames = 5;
/** Most changes that wait for the end of a period; beyond that only their number is recorded. */
const mostWaiting = 5_000;

/** A target that appeared or vanished. */
export interface TargetChange extends Omit<TargetEvent, 'type' | 'others'> {
  /** Uid of the owner of its directory, if known. */
  readonly owner?: number | undefined;
}

/**
 * A target whose change waits to be recorded. Which change it was is not kept: after a restart the target is
 * examined again.
 */
export type WaitingTarget = Omit<TargetChange, 'change' | 'owner'>;

/** Records appearing and vanishing targets. */
export interface TargetChanges {
  /** Returns the events to write now for the changes found by one search. */
  readonly note: (changes: readonly TargetChange[], now: number) => readonly TargetEvent[];
  /**
   * Returns when the waiting changes are to be written, by the clock of `now`; undefined if there are none.
   */
  readonly due: () => number | undefined;
  /**
   * Returns the events for the waiting changes, each target with its last change, and begins a new period.
   */
  readonly settle: (now: number) => readonly TargetEvent[];
  /** Returns the waiting targets; the same array until it changes. */
  readonly waiting: () => readonly WaitingTarget[];
}

/** Creates an empty record. */
export function createTargetChanges(): TargetChanges {
  let ends = Number.NEGATIVE_INFINITY;
  let told = new Map<string, number>();
  let lines = 0;
  let list: readonly WaitingTarget[] = [];
  let waiting = new Map<string, TargetChange>();
  let beyond = 0;

  const begin = (now: number, lengthMs: number) => {
    ends = now + lengthMs;
    told = new Map();
    lines = 0;
    if (waiting.size > 0) list = [];
    waiting = new Map();
    beyond = 0;
  };
  const wait = (one: TargetChange) => {
    const key = keyOf(one);
    const isNew = !waiting.has(key);
    if (isNew && waiting.size >= mostWaiting) {
      beyond++;
      return;
    }
    waiting.set(key, one);
    const { change: _change, owner: _owner, ...known } = one;
    if (isNew) list = [...list, known];
  };
  const mayTell = ({ workspace, owner }: TargetChange) => {
    const [parent, whose] = [`below ${path.dirname(workspace)}`, `of ${owner}`];
    const [own, all] = [told.get(parent) ?? 0, told.get(whose) ?? 0];
    if (own >= directoryLines || all >= ownerLines || lines >= allLines) return false;
    told.set(parent, own + 1);
    told.set(whose, all + 1);
    lines++;
    return true;
  };
  const settle = (now: number): readonly TargetEvent[] => {
    const left = sorted([...waiting.values()]);
    const more = beyond;
    begin(now, left.length > 0 ? longPeriodMs : periodMs);
    return byChange(left).map((group, index) => lineOf(group, index === 0 ? more : 0));
  };
  return {
    settle,
    waiting: () => list,
    due: () => (waiting.size === 0 ? undefined : ends),
    note: (changes, now) => {
      // Overdue changes come before new ones.
      const late = now >= ends ? settle(now) : [];
      const groups = grouped(sorted(changes), (one) => `${one.change}\0${path.dirname(one.workspace)}`);
      const lists = groups.flatMap((group) =>
        group.length > fewAtOnce ? [group] : group.map((one) => [one]),
      );
      const atOnce = lists.flatMap((list) => {
        const [first] = list as [TargetChange];
        // A waiting target is recorded once, with its last change.
        const isLate = list.some((one) => waiting.has(keyOf(one)));
        if (!isLate && mayTell(first)) return [lineOf(list)];
        list.forEach(wait);
        return [];
      });
      return [...late, ...atOnce];
    },
  };
}

/**
 * Returns one event for each kind of change, with the number of targets concerned; those with an open drift
 * are named first.
 */
export function linesOf(changes: readonly TargetChange[]): readonly TargetEvent[] {
  return byChange(sorted(changes)).map((group) => lineOf(group));
}

const keyOf = ({ target, workspace }: TargetChange) => `${target}\0${workspace}`;

function grouped<T>(list: readonly T[], nameOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(nameOf(one));
    if (group === undefined) groups.set(nameOf(one), [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const byChange = (list: readonly TargetChange[]) => grouped(list, ({ change }) => change);

/**
 * Sorts targets with an open drift first, then the first target of each directory, so that a storm in one
 * directory hides no other.
 */
function sorted(list: readonly TargetChange[]): readonly TargetChange[] {
  const seen = new Set<string>();
  const places = new Map(
    list.map((one) => {
      const parent = path.dirname(one.workspace);
      const place = one.facets !== undefined ? 0 : seen.has(parent) ? 2 : 1;
      seen.add(parent);
      return [one, place] as const;
    }),
  );
  return list.toSorted((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
}

/**
 * Returns the event of the first change, with the number and some names of the others. `more` is the number
 * of further changes that are not in the list.
 */
function lineOf(list: readonly TargetChange[], more = 0): TargetEvent {
  const [{ owner: _owner, ...first }, ...rest] = list as readonly [TargetChange, ...TargetChange[]];
  const count = rest.length + more;
  const names = rest.slice(0, mostNames - 1).map(({ target }) => target);
  return { type: 'target', ...first, ...(count === 0 ? {} : { others: { count, names } }) };
}
