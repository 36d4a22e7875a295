/**
 * What came and went, as the journal tells it: each target by a line of its own as long as that is news, and what is too much for it in one line
 * with a count. Times are of a clock that nobody sets, ms. Whoever owns a directory may rename it all day; the journal keeps everybody's history in the same room (decision record 0080). Pure.
 */
import path from 'node:path';
import type { TargetEvent } from '../../drift/events.ts';

/** Lines of a period that tell of directories below one directory, of those of one owner, and of all. */
const directoryLines = 8;
const ownerLines = 20;
const allLines = 200;
/** So many at one look below one directory are one line. */
const fewAtOnce = 5;
/** A period, ms, and one that follows a period in which there was too much. */
const periodMs = 600_000;
const longPeriodMs = 3_600_000;
/** Names in a line that tells of many. */
const mostNames = 5;
/** What waits for the end of a period; of more only the number is told. */
const mostWaiting = 5_000;

/** A target that came or went. */
export interface Change extends Omit<TargetEvent, 'type' | 'others'> {
  /** Uid of who owns its directory, where that is known. */
  readonly owner?: number | undefined;
}

/** A target whose coming or going waits to be told. What it did is what it is: at a start that is looked at. */
export type Waiting = Omit<Change, 'change' | 'owner'>;

/** Tells what comes and goes. */
export interface TargetChanges {
  /** What is to be written now of what one look found. */
  readonly note: (changes: readonly Change[], now: number) => readonly TargetEvent[];
  /** When what waits is to be written, by the clock of `now`; undefined where nothing waits. */
  readonly due: () => number | undefined;
  /** What waits, each target as it was left; a new period begins. */
  readonly settle: (now: number) => readonly TargetEvent[];
  /** What waits; another list only when one came to it or left it. */
  readonly waiting: () => readonly Waiting[];
}

/** Nothing told, nothing waiting. */
export function createTargetChanges(): TargetChanges {
  let ends = Number.NEGATIVE_INFINITY;
  let told = new Map<string, number>();
  let lines = 0;
  let list: readonly Waiting[] = [];
  let waiting = new Map<string, Change>();
  let beyond = 0;

  const begin = (now: number, lengthMs: number) => {
    ends = now + lengthMs;
    told = new Map();
    lines = 0;
    if (waiting.size > 0) list = [];
    waiting = new Map();
    beyond = 0;
  };
  const wait = (one: Change) => {
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
  const mayTell = ({ workspace, owner }: Change) => {
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
      // What is told late is told before what comes now.
      const late = now >= ends ? settle(now) : [];
      const groups = grouped(sorted(changes), (one) => `${one.change}\0${path.dirname(one.workspace)}`);
      const lists = groups.flatMap((group) =>
        group.length > fewAtOnce ? [group] : group.map((one) => [one]),
      );
      const atOnce = lists.flatMap((list) => {
        const [first] = list as [Change];
        // What waits is told once, as it is in the end.
        const isLate = list.some((one) => waiting.has(keyOf(one)));
        if (!isLate && mayTell(first)) return [lineOf(list)];
        list.forEach(wait);
        return [];
      });
      return [...late, ...atOnce];
    },
  };
}

/** A line for each kind of change, with the number of those that did the same; those with an open drift are named first. */
export function linesOf(changes: readonly Change[]): readonly TargetEvent[] {
  return byChange(sorted(changes)).map((group) => lineOf(group));
}

const keyOf = ({ target, workspace }: Change) => `${target}\0${workspace}`;

function grouped<T>(list: readonly T[], nameOf: (one: T) => string): readonly (readonly T[])[] {
  const groups = new Map<string, T[]>();
  for (const one of list) {
    const group = groups.get(nameOf(one));
    if (group === undefined) groups.set(nameOf(one), [one]);
    else group.push(one);
  }
  return [...groups.values()];
}

const byChange = (list: readonly Change[]) => grouped(list, ({ change }) => change);

/** Those with an open drift first, then the first of each directory: a storm in one hides none of another. */
function sorted(list: readonly Change[]): readonly Change[] {
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

/** The line of the first of a list, with how many others did the same, and some of their names. `more` are counted and not in the list. */
function lineOf(list: readonly Change[], more = 0): TargetEvent {
  const [{ owner: _owner, ...first }, ...rest] = list as readonly [Change, ...Change[]];
  const count = rest.length + more;
  const names = rest.slice(0, mostNames - 1).map(({ target }) => target);
  return { type: 'target', ...first, ...(count === 0 ? {} : { others: { count, names } }) };
}
