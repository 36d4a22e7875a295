/**
 * Builds a timeline from the journal: one row for each drift of a facet, with onset, duration and end, and
 * rows for other events between them. Pure.
 */
import type { Facet, Level } from '../../catalog/facets.ts';
import type {
  BaselineRecord,
  DriftRecord,
  JournalEvent,
  ResolvedRecord,
  RollbackOutcome,
} from '../../drift/events.ts';
import { changesText, summaryOf, writersText } from './summary.ts';

/** A row of the timeline. Times are in ms since the epoch. */
export interface TimelineRow {
  readonly from: number;
  /** End; undefined while it lasts, and for events without a duration. */
  readonly to?: number;
  /** State of a drift: ongoing, healed, replaced by another drift, or no longer observed. */
  readonly ended?: 'lasts' | 'resolved' | 'changed' | 'unobserved';
  readonly target: string;
  /** The facet of a drift, or the type of another event. */
  readonly what: Facet | Exclude<JournalEvent['type'], 'drift' | 'resolved'>;
  readonly level?: Level;
  readonly cause?: string;
  readonly traceId: string;
  readonly text: string;
}

export interface Selection {
  /** Omits rows that ended earlier; ms since the epoch. */
  readonly since?: number;
  readonly target?: string;
  readonly facet?: Facet;
}

type Row = { -readonly [K in keyof TimelineRow]: TimelineRow[K] };

/** Builds a timeline. Events must be added in journal order. */
export class Timeline {
  readonly #rows: Row[] = [];
  readonly #open = new Map<string, Row>();

  /** Adds an event with its time in ms since the epoch. A damaged line becomes a row that says so. */
  add(event: JournalEvent, time: number): void {
    try {
      if (event.type === 'drift') this.#drift(event, time);
      else if (event.type === 'resolved') this.#resolved(event);
      else this.#other(event, time);
    } catch {
      this.#rows.push({ from: time, target: '', what: 'gap', traceId: '', text: summaryOf(event) });
    }
  }

  #drift(event: DriftRecord, time: number): void {
    for (const facet of event.facets) {
      const key = keyOf(event, facet);
      const before = this.#open.get(key);
      if (before !== undefined) Object.assign(before, { to: event.end, ended: 'changed' });
      const changes = event.changes.filter((change) => change.facet === facet);
      const writers = event.writers?.filter(({ facets }) => facets.includes(facet));
      const row: Row = {
        from: before === undefined ? (event.since[facet] ?? time) : event.end,
        ended: 'lasts',
        target: event.target,
        what: facet,
        level: event.level,
        cause: event.cause,
        traceId: event.trace_id,
        text: `${changesText(changes)}${writersText(writers)}`,
      };
      this.#open.set(key, row);
      this.#rows.push(row);
    }
  }

  #resolved(event: ResolvedRecord): void {
    for (const facet of event.facets) {
      const key = keyOf(event, facet);
      const row = this.#open.get(key);
      if (row === undefined) continue; // its onset is not kept any more
      row.to = event.end;
      row.ended = event.why === undefined ? 'resolved' : 'unobserved';
      this.#open.delete(key);
    }
  }

  #other(event: Exclude<JournalEvent, DriftRecord | ResolvedRecord>, time: number): void {
    const { target = '' } = event as Partial<BaselineRecord>;
    const { trace_id: traceId = '' } = event as Partial<RollbackOutcome>;
    this.#rows.push({ from: time, target, what: event.type, traceId, text: summaryOf(event) });
  }

  /** Returns the selected rows, sorted by start. */
  rows({ since = Number.NEGATIVE_INFINITY, target, facet }: Selection): readonly TimelineRow[] {
    return this.#rows
      .filter(
        (row) =>
          (row.ended === 'lasts' || (row.to ?? row.from) >= since) &&
          (target === undefined || row.target === target) &&
          (facet === undefined || row.what === facet),
      )
      .sort((a, b) => a.from - b.from);
  }
}

function keyOf({ target, workspace }: DriftRecord | ResolvedRecord, facet: Facet): string {
  return [target, workspace, facet].join('\0');
}
