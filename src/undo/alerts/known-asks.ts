/**
 * Which alerts asked already: rebuilt from the journal, so that neither a repeated message nor a restart makes two rollbacks of one alert. Bounded. Pure but for
 * what it remembers.
 */

import type { AlertAnsweredEvent, AlertAskedEvent, AlertEvent } from '../../drift/alert-events.ts';
import type { JournalEvent } from '../../drift/events.ts';
import { LruCache } from '../../host/lru.ts';
import { type AlertAsk, slotOf } from './choose.ts';

/** Keys that are remembered; of more the oldest is forgotten. */
export const mostKeys = 10_000;
/** A refusal is not for ever: a build ends, a window opens. An alert that still fires after so long may ask once more, ms. */
export const againMs = 30 * 60_000;
/** What a process that ended had still to do is done at the next start, unless it is older, ms. */
export const resumeMs = 60 * 60_000;

interface Known {
  /** ms since the epoch. */
  readonly at: number;
  readonly refused: boolean;
}

/** The asks of a journal. */
export class KnownAsks {
  readonly #keys = new LruCache<Known>(mostKeys);
  /** Asks without an answer, by {@link slotOf}. */
  readonly #open = new Map<string, AlertAskedEvent & { readonly at: number }>();

  /** Takes in a line of the journal, whose time is in ms since the epoch. A line that somebody damaged says nothing. */
  learn(event: JournalEvent, at: number): void {
    if (event.type !== 'alert') return;
    try {
      this.#learn(event, at);
    } catch {
      // Not an ask that anybody wrote.
    }
  }

  #learn(event: AlertEvent, at: number): void {
    if (event.action === 'ask') {
      this.remember(event.keys, at);
      this.#open.set(slotOfEvent(event), { ...event, at });
    } else {
      const slot = slotOfEvent(event);
      const open = this.#open.get(slot);
      // Another ask for the same facet may wait by now.
      const isOpen = open?.keys[0] === event.key;
      if (isOpen) this.#open.delete(slot);
      if (event.decision !== 'refused') return;
      for (const key of isOpen ? open.keys : [event.key]) this.#put(key, { at, refused: true });
    }
  }

  /** Remembers alerts that asked, at that time in ms since the epoch. */
  remember(keys: readonly string[], at: number): void {
    for (const key of keys) this.#put(key, { at, refused: false });
  }

  /** Whether an alert asked already and may not ask again. */
  has(key: string, now: number): boolean {
    const known = this.#keys.get(key);
    return known !== undefined && !(known.refused && now - known.at >= againMs);
  }

  /** What was asked for and never answered, the oldest first. */
  open(now: number): readonly AlertAsk[] {
    return [...this.#open.values()].filter(({ at }) => now - at < resumeMs).map(askOf);
  }

  #put(key: string, known: Known): void {
    this.#keys.set(key, known);
  }
}

const slotOfEvent = ({ target, facets: [facet] }: AlertAskedEvent | AlertAnsweredEvent) =>
  slotOf({ target, facet: facet as AlertAsk['facet'] });

function askOf(event: AlertAskedEvent): AlertAsk {
  const { source, target, workspace, facets, alertname, keys, reason, trace_id, span_id } = event;
  return {
    source,
    target,
    workspace,
    facet: facets[0] as AlertAsk['facet'],
    alertname,
    keys,
    ...(reason === undefined ? {} : { reason }),
    ...(trace_id === undefined || span_id === undefined ? {} : { link: { trace_id, span_id } }),
  };
}
