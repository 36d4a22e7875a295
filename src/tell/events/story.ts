/**
 * One trace as a story: the drift, who asked for a rollback, what was refused and what was done, and how it ended. What `godrift events --trace` prints and
 * a post-mortem is written from. Pure.
 */
import type { DriftRecord, JournalEvent, RollbackPart } from '../../drift/events.ts';
import { summaryOf } from './summary.ts';

/** A line of the journal, with the time at which it was written, ms since the epoch. */
export interface StoryLine {
  readonly seq: number;
  /** SHA-256 of the line, in hex. */
  readonly hash: string;
  readonly time: number;
  readonly event: JournalEvent;
  /** Of a drift: when that began which this trace is about, and no earlier drift of the facet. */
  readonly onset?: number;
}

/** One thing that happened; times in ms since the epoch. */
export interface Happening {
  readonly from: number;
  /** Of what has a duration. */
  readonly to?: number;
  /** The type of the line, or which part of a rollback it is. */
  readonly what: string;
  /** A part of what stands above it. */
  readonly isPart?: true;
  readonly failed?: true;
  readonly text: string;
}

/** Lines of one trace, in the order of the journal. */
export interface Story {
  readonly traceId: string;
  readonly lines: readonly StoryLine[];
  readonly happenings: readonly Happening[];
}

/** Lines beside the traces that are kept until it is known whether they belong to one: the newest. */
const mostBeside = 5000;

/** Types of lines that belong to a trace by the rollback or the ask that they name. */
const beside: ReadonlySet<string> = new Set(['intent', 'alert', 'control', 'try']);

/** By which a line is found from another one: ids of rollbacks, and asks of alerts. A line that somebody damaged may hold anything. */
function namesOf(event: JournalEvent): readonly string[] {
  const { id, key, keys, rollback, reverts } = event as unknown as Readonly<Record<string, unknown>>;
  return [id, key, rollback, reverts, ...(Array.isArray(keys) ? keys : [])].filter(
    (name) => typeof name === 'string',
  );
}

/** Collects the lines of traces whose id begins with `prefix`, from lines in the order of the journal. */
export class StoryFinder {
  readonly #prefix: string;
  readonly #found = new Map<string, StoryLine[]>();
  #beside: StoryLine[] = [];
  /** The trace of the drift of each facet of a target that lasts. */
  readonly #lasting = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Takes in a line. */
  add(given: StoryLine): void {
    const line = this.#withOnset(given);
    const { trace_id: trace } = line.event as { readonly trace_id?: unknown };
    if (typeof trace === 'string' && trace.startsWith(this.#prefix)) {
      const lines = this.#found.get(trace) ?? [];
      if (lines.length === 0) this.#found.set(trace, lines);
      lines.push(line);
    } else if (beside.has(line.event.type)) {
      this.#beside.push(line);
      if (this.#beside.length > 2 * mostBeside) this.#beside = this.#beside.slice(-mostBeside);
    }
  }

  /** A drift that took the place of another one began when it was seen: `since` is that of the facet's first one. */
  #withOnset(line: StoryLine): StoryLine {
    const { event } = line;
    if ((event.type !== 'drift' && event.type !== 'resolved') || !Array.isArray(event.facets)) return line;
    const keyOf = (facet: string) => `${event.target}\0${event.workspace}\0${facet}`;
    if (event.type === 'resolved') {
      for (const facet of event.facets) this.#lasting.delete(keyOf(facet));
      return line;
    }
    const follows = event.facets.some((facet) => {
      const before = this.#lasting.get(keyOf(facet));
      return before !== undefined && before !== event.trace_id;
    });
    for (const facet of event.facets) this.#lasting.set(keyOf(facet), event.trace_id);
    return follows ? { ...line, onset: event.start } : line;
  }

  /** The traces that were found. */
  stories(): readonly Story[] {
    return [...this.#found].map(([traceId, own]) => {
      const names = new Set(own.flatMap(({ event }) => namesOf(event)));
      const others = this.#beside.filter(({ event }) => namesOf(event).some((name) => names.has(name)));
      const lines = [...own, ...others].sort((a, b) => a.seq - b.seq);
      // A rollback is told when it is over; what happened meanwhile comes behind its beginning.
      const blocks = lines.map(happeningsOf).sort(([a], [b]) => (a?.from ?? 0) - (b?.from ?? 0));
      return { traceId, lines, happenings: blocks.flat() };
    });
  }
}

/** When a drift began: the earliest of its facets. */
export function onsetOf({ since, start }: DriftRecord): number {
  return Math.min(start, ...Object.values(since));
}

function happeningsOf({ event, time, onset }: StoryLine): readonly Happening[] {
  try {
    return [whole(event, time, onset), ...partsOf(event)];
  } catch {
    return [{ from: time, what: event.type, text: summaryOf(event) }];
  }
}

function whole(event: JournalEvent, time: number, onset: number | undefined): Happening {
  const text = summaryOf(event);
  if (event.type === 'drift') return { from: onset ?? onsetOf(event), to: event.end, what: event.type, text };
  if (event.type === 'refusal') return { from: event.start, what: event.type, failed: true, text };
  if (event.type === 'outcome' && event.operation === 'rollback') {
    const failed =
      event.result === 'applied' || event.result === 'dry_run' ? {} : ({ failed: true } as const);
    return { from: event.start, to: event.end, what: event.type, text, ...failed };
  }
  if (event.type === 'blame' || (event.type === 'try' && event.phase === 'ended'))
    return { from: event.start, to: event.end, what: event.type, text };
  return { from: time, what: event.type, text };
}

function partsOf(event: JournalEvent): readonly Happening[] {
  return event.type === 'outcome' && event.operation === 'rollback' ? event.parts.map(partHappening) : [];
}

function partHappening({ part, kind, path, start, end, why }: RollbackPart): Happening {
  return {
    from: start,
    to: end,
    what: kind === undefined ? part : `${part} ${kind}`,
    isPart: true,
    text: [path, why].filter((word) => word !== undefined).join(': '),
    ...(why === undefined ? {} : { failed: true }),
  };
}
