/**
 * The outbox: sends the spans of the journal lines after a cursor. The cursor moves when the endpoint accepts
 * them or refuses them permanently. A dead backend only delays. After a crash the last batch is sent again,
 * which equal ids make invisible.
 *
 * This file performs what machine.ts decides: it reads the journal in bounded batches (one reader continues
 * where it stopped, another only counts), sends, waits, and moves the cursor.
 */
import { JsonTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan } from '@opentelemetry/sdk-trace-node';
import type { JournalEvent } from '../../drift/events.ts';
import type { ExporterState } from '../../drift/state.ts';
import { projectSpans, spanCount } from '../spans/spans.ts';
import { judge } from './answer.ts';
import type { Sender } from './endpoint.ts';
import {
  type Action,
  batchLines,
  defaultWaits,
  type Item,
  initialState,
  type LinePosition,
  noneDropped,
  noneFailed,
  type OutboxEvent,
  type OutboxState,
  step,
  type Waits,
} from './machine.ts';

/** The part of a journal line that the outbox needs. */
export interface OutboxLine extends LinePosition {
  readonly event: JournalEvent;
}

export interface OutboxPorts {
  /**
   * Returns a reader of the journal lines after a number. Each call of the reader continues where the last
   * one stopped.
   */
  readonly reader: (behind: number) => () => AsyncIterable<OutboxLine>;
  /** Returns the last journal line. */
  readonly head: () => LinePosition;
  readonly position: LinePosition;
  /**
   * Sender to the endpoint. Undefined if nothing is to be sent: then the cursor only follows the end of the
   * journal.
   */
  readonly sender: Sender | undefined;
  /**
   * If too many lines wait after a number, returns the line up to which they must be dropped; undefined
   * otherwise.
   */
  readonly overflow: (behind: number) => Promise<number | undefined>;
  /** Moves the cursor. May fail silently; then lines are sent again after a restart. */
  readonly advance: (to: LinePosition) => Promise<void>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Monotonic clock in ms. */
  readonly now: () => number;
  /** Returns a random number from 0 to 1. */
  readonly chance: () => number;
  readonly waits?: Waits;
}

export interface Outbox {
  /** Signals that the journal has grown. Never blocks, never throws. */
  kick(): void;
  /** Sends what it can until the time is up or a request fails, then ends: nothing is sent afterwards. */
  flush(limitMs: number): Promise<void>;
  readonly stats: () => ExporterState['outbox'];
}

/** Most bytes in one batch, measured as journal lines. */
const batchBytes = 1024 * 1024;

/**
 * Returns the item for a line, undefined if it has no spans. A line that cannot be projected counts as one
 * span until its turn.
 */
function itemOf({ seq, hash, event }: OutboxLine): Item | undefined {
  let spans = 1;
  try {
    spans = spanCount(event);
  } catch {}
  if (spans === 0) return undefined;
  return { seq, hash, event, spans, time: ('end' in event && Number(event.end)) || 0 };
}

/** Projects items to spans; `bad` are the items that cannot be projected. */
function project(items: readonly Item[]): {
  readonly spans: readonly ReadableSpan[];
  readonly bad: readonly Item[];
} {
  const spans: ReadableSpan[] = [];
  const bad: Item[] = [];
  for (const item of items) {
    try {
      spans.push(...projectSpans(item.event, item));
    } catch {
      bad.push(item);
    }
  }
  return { spans, bad };
}

/** Creates an outbox at `position`. It starts with the first {@link Outbox.kick}. */
export function createOutbox(ports: OutboxPorts): Outbox {
  return ports.sender === undefined ? followingOutbox(ports) : new SendingOutbox(ports, ports.sender);
}

/** Statistics of an outbox without an endpoint. */
export const idleOutbox: ExporterState['outbox'] = {
  pending: 0,
  exported: 0,
  dropped: noneDropped,
  failed: noneFailed,
};

/**
 * Without an endpoint the cursor follows the end of the journal, so that an endpoint configured later does
 * not receive the past.
 */
function followingOutbox({ head, position, advance }: OutboxPorts): Outbox {
  let at = position.seq;
  let moving: Promise<void> = Promise.resolve();
  const follow = () => {
    const to = head();
    if (to.seq === at) return;
    at = to.seq;
    moving = moving.then(() => advance(to)).catch(() => {});
  };
  return {
    kick: follow,
    flush: async () => {
      follow();
      await moving;
    },
    stats: () => idleOutbox,
  };
}

class SendingOutbox implements Outbox {
  readonly #ports: OutboxPorts;
  readonly #sender: Sender;
  /** Reads the lines that are not counted yet. */
  readonly #newLines: () => AsyncIterable<OutboxLine>;
  readonly #stopped = new AbortController();
  #state: OutboxState;
  /** Line number up to which spans were counted. */
  #counted: number;
  /** Reader that continues after the last batch. */
  #batchReader: { behind: number; readonly lines: () => AsyncIterable<OutboxLine> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Called whenever nothing is in progress. */
  #settled: () => void = () => {};
  #counting: Promise<void> = Promise.resolve();
  #advancing: Promise<void> = Promise.resolve();
  #ended = false;

  constructor(ports: OutboxPorts, sender: Sender) {
    this.#ports = ports;
    this.#sender = sender;
    this.#state = initialState(ports.position);
    this.#counted = ports.position.seq;
    this.#newLines = ports.reader(this.#counted);
  }

  readonly stats = (): ExporterState['outbox'] => {
    const { pending, exported, dropped, failed, oldest } = this.#state;
    return { pending, exported, dropped, failed, ...(oldest === undefined ? {} : { oldest }) };
  };

  kick(): void {
    if (this.#ended) return;
    this.#dispatch({ type: 'appended' });
    // During a wait, new lines are counted and bounded.
    if (this.#state.waitUntil !== undefined)
      void this.#count()
        .then(() => this.#makeRoom())
        .catch(() => {});
  }

  async flush(limitMs: number): Promise<void> {
    this.#dispatch({ type: 'hurry' });
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
    });
    const done = new Promise<void>((resolve) => {
      this.#settled = () => {
        if (this.#idle()) resolve();
      };
      this.#settled();
    });
    await Promise.race([done, late]);
    this.#ended = true;
    clearTimeout(limit);
    clearTimeout(this.#timer);
    this.#stopped.abort();
    this.#sender.close();
    await this.#advancing;
  }

  /** Passes an event to the state machine and performs the resulting actions. */
  #dispatch(event: OutboxEvent): void {
    if (this.#ended) return;
    const [after, actions] = step(this.#state, event, this.#ports.waits ?? defaultWaits);
    this.#state = after;
    for (const action of actions) this.#perform(action);
    if (this.#state.busy === undefined) this.#settled();
  }

  #perform(action: Action): void {
    switch (action.do) {
      case 'read':
        void this.#readBatch(action.behind);
        return;
      case 'send':
        void this.#send(action.items);
        return;
      case 'advance':
        this.#advancing = this.#advancing.then(() => this.#ports.advance(action.to)).catch(() => {});
        return;
      case 'wait':
        clearTimeout(this.#timer);
        this.#timer = setTimeout(
          () => this.#dispatch({ type: 'tick', now: this.#ports.now() }),
          Math.max(1, action.until - this.#ports.now()),
        );
        this.#timer.unref();
        return;
      case 'log':
        this.#ports.log(action.message, action.fields);
    }
  }

  #unreadable(error: unknown): void {
    this.#dispatch({
      type: 'unreadable',
      why: `cannot read the journal: ${String(error)}`,
      now: this.#ports.now(),
      chance: this.#ports.chance(),
    });
  }

  /** Counts the spans of new lines, one call at a time. Rejects with the error of the journal's reader. */
  #count(): Promise<void> {
    const turn = this.#counting.then(async () => {
      let spans = 0;
      let oldest: number | undefined;
      try {
        for await (const line of this.#newLines()) {
          if (this.#ended) return;
          const item = itemOf(line);
          spans += item?.spans ?? 0;
          oldest ??= item?.time;
          this.#counted = Math.max(this.#counted, line.seq);
        }
      } finally {
        if (spans > 0) this.#dispatch({ type: 'counted', spans, oldest });
      }
    });
    this.#counting = turn.catch(() => {});
    return turn;
  }

  /** Reads the lines of the next batch. */
  async #readBatch(behind: number): Promise<void> {
    try {
      await this.#count();
      if (this.#batchReader?.behind !== behind)
        this.#batchReader = { behind, lines: this.#ports.reader(behind) };
      const reader = this.#batchReader;
      const items: Item[] = [];
      let through: LinePosition | undefined;
      let bytes = 0;
      let more = false;
      for await (const line of reader.lines()) {
        through = { seq: line.seq, hash: line.hash };
        const item = itemOf(line);
        if (item !== undefined) {
          items.push(item);
          bytes += JSON.stringify(line.event).length;
        }
        more = line.seq < this.#counted;
        if (items.length >= batchLines || bytes >= batchBytes || !more) break;
      }
      // Lines read beyond the counted ones are counted before they are sent.
      if (through !== undefined && through.seq > this.#counted) await this.#count();
      if (through !== undefined) reader.behind = through.seq;
      this.#dispatch({ type: 'read', batch: through === undefined ? undefined : { items, through }, more });
    } catch (error) {
      this.#batchReader = undefined;
      this.#unreadable(error);
    }
  }

  /** Sends the spans of a batch and reports the result to the state machine. */
  async #send(items: readonly Item[]): Promise<void> {
    const { spans, bad } = project(items);
    const answer = (verdict: Extract<OutboxEvent, { type: 'answered' }>['verdict']) =>
      this.#dispatch({ type: 'answered', verdict, now: this.#ports.now(), chance: this.#ports.chance() });
    if (bad.length > 0) {
      // The refusal makes the batch smaller until only these items are given up.
      const why = 'a journal line cannot be projected to spans';
      answer({ kind: 'refused', reason: 'invalid', why });
      return;
    }
    const body = JsonTraceSerializer.serializeRequest([...spans]);
    if (body === undefined) {
      answer({ kind: 'refused', reason: 'invalid', why: 'the spans cannot be written as JSON' });
      return;
    }
    const reply = await this.#sender.post(body, this.#stopped.signal);
    answer(judge(reply, spans.length));
    if (this.#state.waitUntil !== undefined) await this.#makeRoom();
  }

  /** Gives up the oldest lines if too many wait. Safe to call at any time. */
  async #makeRoom(): Promise<void> {
    const from = this.#state.position.seq;
    const last = await this.#ports.overflow(from).catch(() => undefined);
    if (last === undefined || this.#ended) return;
    let spans = 0;
    let through: LinePosition | undefined;
    for await (const line of this.#ports.reader(from)()) {
      if (line.seq > Math.min(last, this.#counted)) break;
      spans += itemOf(line)?.spans ?? 0;
      through = { seq: line.seq, hash: line.hash };
    }
    if (through !== undefined) this.#dispatch({ type: 'overflow', from, through, spans });
  }

  /** Reports whether nothing is in progress and nothing can be started. */
  #idle(): boolean {
    return this.#state.busy === undefined && (this.#state.waitUntil !== undefined || !this.#state.behind);
  }
}
