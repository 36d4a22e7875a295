/**
 * Assembles the history of one trace from journal lines: the drift, who requested a rollback, what was
 * refused, what was done, and how it ended. `godrift events --trace` prints it, and a post-mortem is written
 * from it. Pure.
 */
import type { DriftRecord, JournalEvent, RollbackPart } from '../../drift/events.ts';
import { summaryOf } from './summary.ts';

/** A journal line, with the time of writing in ms since the epoch. */
export interface TraceLine {
  readonly seq: number;
  /** SHA-256 of the line, in hex. */
  readonly hash: string;
  readonly time: number;
  readonly event: JournalEvent;
  /** Onset of the drift of this trace, if an earlier drift of the facet preceded it without a break. */
  readonly onset?: number;
}

/** One row of the history. Times are in ms since the epoch. */
export interface HistoryRow {
  readonly from: number;
  /** End, if it has a duration. */
  readonly to?: number;
  /** The type of the line, or the part of a rollback. */
  readonly what: string;
  /** Whether it is a part of the row above. */
  readonly isPart?: true;
  readonly failed?: true;
  readonly text: string;
}

/** The history of one trace; lines are in journal order. */
export interface TraceHistory {
  readonly traceId: string;
  readonly lines: readonly TraceLine[];
  readonly rows: readonly HistoryRow[];
}

/**
 * Most lines without a trace id that are buffered, newest ones, until it is known whether they belong to a
 * found trace.
 */
const mostBeside = 5000;

/** Types of lines that belong to a trace through the rollback or alert that they name. */
const beside: ReadonlySet<string> = new Set(['intent', 'alert', 'control', 'try']);

/**
 * Returns the ids of rollbacks and keys of alerts by which lines refer to each other. A damaged line may hold
 * anything.
 */
function namesOf(event: JournalEvent): readonly string[] {
  const { id, key, keys, rollback, reverts } = event as unknown as Readonly<Record<string, unknown>>;
  return [id, key, rollback, reverts, ...(Array.isArray(keys) ? keys : [])].filter(
    (name) => typeof name === 'string',
  );
}

/** Collects the lines of all traces whose id starts with `prefix`. Lines must be added in journal order. */
export class TraceFinder {
  readonly #prefix: string;
  readonly #found = new Map<string, TraceLine[]>();
  #beside: TraceLine[] = [];
  /** Trace id of the ongoing drift, by facet of a target. */
  readonly #lasting = new Map<string, string>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Adds a line. */
  add(given: TraceLine): void {
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

  /**
   * Sets the onset of a drift that replaced another one: it began when it was detected, while its `since` is
   * that of the facet's first drift.
   */
  #withOnset(line: TraceLine): TraceLine {
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

  /** Returns the histories of the traces found. */
  histories(): readonly TraceHistory[] {
    return [...this.#found].map(([traceId, own]) => {
      const names = new Set(own.flatMap(({ event }) => namesOf(event)));
      const others = this.#beside.filter(({ event }) => namesOf(event).some((name) => names.has(name)));
      const lines = [...own, ...others].sort((a, b) => a.seq - b.seq);
      // A rollback is journalled at its end; sorted by start, what happened meanwhile follows it.
      const blocks = lines.map(rowsOf).sort(([a], [b]) => (a?.from ?? 0) - (b?.from ?? 0));
      return { traceId, lines, rows: blocks.flat() };
    });
  }
}

/** Returns the onset of a drift: the earliest of its facets. */
export function onsetOf({ since, start }: DriftRecord): number {
  return Math.min(start, ...Object.values(since));
}

function rowsOf({ event, time, onset }: TraceLine): readonly HistoryRow[] {
  try {
    return [whole(event, time, onset), ...partsOf(event)];
  } catch {
    return [{ from: time, what: event.type, text: summaryOf(event) }];
  }
}

function whole(event: JournalEvent, time: number, onset: number | undefined): HistoryRow {
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

function partsOf(event: JournalEvent): readonly HistoryRow[] {
  return event.type === 'outcome' && event.operation === 'rollback' ? event.parts.map(partRow) : [];
}

function partRow({ part, kind, path, start, end, why }: RollbackPart): HistoryRow {
  return {
    from: start,
    to: end,
    what: kind === undefined ? part : `${part} ${kind}`,
    isPart: true,
    text: [path, why].filter((word) => word !== undefined).join(': '),
    ...(why === undefined ? {} : { failed: true }),
  };
}
