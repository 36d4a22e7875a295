/**
 * Collects the journal events of one entry: when it drifted, from which value to which, and how each drift
 * ended.
 */
import type { Facet } from '../../catalog/facets.ts';
import type { DriftRecord, JournalEvent, RollbackOutcome } from '../../drift/events.ts';
import { writerText } from '../../drift/probable-writer.ts';
import type { WhyEvent } from './model.ts';

/** Most events to keep of an entry, the newest ones; older ones are only counted. */
const mostEvents = 20;

/** The entry whose history is collected. */
export interface WhoseHistory {
  readonly target: string;
  readonly workspace: string;
  readonly key: string;
  readonly facet: Facet;
}

/** Collects events in journal order. Memory is bounded, however long the journal is. */
export class EntryHistory {
  readonly #whose: WhoseHistory;
  readonly #events: WhyEvent[] = [];
  #omitted = 0;
  /** The open change; later drift lines repeat it when another entry changes. */
  #open: string | undefined;

  constructor(whose: WhoseHistory) {
    this.#whose = whose;
  }

  #push(event: WhyEvent): void {
    this.#events.push(event);
    if (this.#events.length > mostEvents) {
      this.#events.shift();
      this.#omitted++;
    }
  }

  #drift(time: string, { changes, facets, writers, trace_id }: DriftRecord): void {
    const { key, facet } = this.#whose;
    const change = changes.find((one) => one.key === key);
    if (change === undefined) {
      // The facet still drifts, but this entry does not.
      if (this.#open !== undefined && facets.includes(facet)) {
        this.#open = undefined;
        this.#push({ time, event: 'resolved', note: 'others of the facet still drift', trace_id });
      }
      return;
    }
    const { expected, actual, level } = change;
    const lasting = JSON.stringify([expected, actual]);
    if (lasting === this.#open) return;
    this.#open = lasting;
    const note = (writers ?? [])
      .filter((writer) => writer.facets.includes(facet))
      .map(writerText)
      .join('; ');
    this.#push({
      time,
      event: 'drift',
      ...(expected === undefined ? {} : { expected }),
      ...(actual === undefined ? {} : { actual }),
      level,
      ...(note === '' ? {} : { note }),
      trace_id,
    });
  }

  #rollback(time: string, { result, who, trace_id }: RollbackOutcome): void {
    this.#push({ time, event: 'rollback', note: `${result}, asked for by ${who}`, trace_id });
  }

  /** Adds the next journal event; events of other targets and types are ignored. `time` is RFC 3339. */
  add(event: JournalEvent, time: string): void {
    const { target, workspace, facet } = this.#whose;
    if (!('target' in event) || event.target !== target) return;
    if ('workspace' in event && event.workspace !== workspace) return;
    switch (event.type) {
      case 'drift':
        this.#drift(time, event);
        return;
      case 'resolved':
        if (this.#open === undefined || !event.facets.includes(facet)) return;
        this.#open = undefined;
        this.#push({
          time,
          event: 'resolved',
          ...(event.why === undefined ? {} : { note: event.why }),
          trace_id: event.trace_id,
        });
        return;
      case 'baseline':
        this.#open = undefined;
        this.#push({
          time,
          event: 'baseline',
          note: `${event.kind}${event.who === undefined ? '' : ` by ${event.who}`}${event.why === undefined ? '' : `: ${event.why}`}`,
        });
        return;
      case 'outcome':
        if (event.operation !== 'rollback' || event.result === 'dry_run') return;
        if (event.facets.includes(facet)) this.#rollback(time, event);
        return;
      default:
    }
  }

  /** Returns the collected events, newest last. */
  events(): { readonly history: readonly WhyEvent[]; readonly history_omitted?: number } {
    return {
      history: this.#events,
      ...(this.#omitted === 0 ? {} : { history_omitted: this.#omitted }),
    };
  }
}
