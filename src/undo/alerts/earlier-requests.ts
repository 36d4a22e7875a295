/**
 * Remembers which alerts already requested a rollback, so that neither a repeated message nor a restart
 * causes a second rollback for one alert. Rebuilt from the journal; bounded.
 */

import type { AlertAnsweredEvent, AlertAskedEvent, AlertEvent } from '../../drift/alert-events.ts';
import type { JournalEvent } from '../../drift/events.ts';
import { LruCache } from '../../host/lru.ts';
import { type AlertRequest, slotOf } from './request.ts';

/** Most keys; beyond that the oldest is dropped. */
export const mostKeys = 10_000;
/**
 * A refused alert that still fires may ask once more after this time, in ms: a build ends, a window opens.
 */
export const againMs = 30 * 60_000;
/**
 * Requests left open by an earlier process are resumed at the next start, unless they are older than this, in
 * ms.
 */
export const resumeMs = 60 * 60_000;

interface Known {
  /** ms since the epoch. */
  readonly at: number;
  readonly refused: boolean;
}

/** The rollback requests found in the journal. */
export class EarlierRequests {
  readonly #keys = new LruCache<Known>(mostKeys);
  /** Unanswered requests, by {@link slotOf}. */
  readonly #open = new Map<string, AlertAskedEvent & { readonly at: number }>();

  /** Takes in a journal line with its time in ms since the epoch. A damaged line is ignored. */
  learn(event: JournalEvent, at: number): void {
    if (event.type !== 'alert') return;
    try {
      this.#learn(event, at);
    } catch {
      // A damaged line: not written by godrift.
    }
  }

  #learn(event: AlertEvent, at: number): void {
    if (event.action === 'ask') {
      this.remember(event.keys, at);
      this.#open.set(slotOfEvent(event), { ...event, at });
    } else {
      const slot = slotOfEvent(event);
      const open = this.#open.get(slot);
      // Another request for the same facet may be waiting by now.
      const isOpen = open?.keys[0] === event.key;
      if (isOpen) this.#open.delete(slot);
      if (event.decision !== 'refused') return;
      for (const key of isOpen ? open.keys : [event.key]) this.#put(key, { at, refused: true });
    }
  }

  /** Remembers alerts that made a request at `at`, ms since the epoch. */
  remember(keys: readonly string[], at: number): void {
    for (const key of keys) this.#put(key, { at, refused: false });
  }

  /** Reports whether an alert already made its request and may not repeat it. */
  has(key: string, now: number): boolean {
    const known = this.#keys.get(key);
    return known !== undefined && !(known.refused && now - known.at >= againMs);
  }

  /** Returns the unanswered requests, oldest first. */
  open(now: number): readonly AlertRequest[] {
    return [...this.#open.values()].filter(({ at }) => now - at < resumeMs).map(askOf);
  }

  #put(key: string, known: Known): void {
    this.#keys.set(key, known);
  }
}

const slotOfEvent = ({ target, facets: [facet] }: AlertAskedEvent | AlertAnsweredEvent) =>
  slotOf({ target, facet: facet as AlertRequest['facet'] });

function askOf(event: AlertAskedEvent): AlertRequest {
  const { source, target, workspace, facets, alertname, keys, reason, trace_id, span_id } = event;
  return {
    source,
    target,
    workspace,
    facet: facets[0] as AlertRequest['facet'],
    alertname,
    keys,
    ...(reason === undefined ? {} : { reason }),
    ...(trace_id === undefined || span_id === undefined ? {} : { link: { trace_id, span_id } }),
  };
}
