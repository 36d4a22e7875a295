/**
 * The outbox: a cursor into the journal. Lines behind it are projected to spans and sent, and the cursor moves when the endpoint took
 * them, or refused them for good. A dead backend only delays; a crash repeats the last batch, and equal ids make that invisible.
 *
 * This file does what machine.ts decides: it reads the journal in bounded batches (one reader that goes on where it ended, and another
 * that only counts), sends, waits, and moves the cursor.
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
  noneDropped,
  noneFailed,
  type OutboxEvent,
  type OutboxState,
  type Place,
  step,
  type Waits,
} from './machine.ts';

/** A journal line as the outbox needs it. */
export interface OutboxLine extends Place {
  readonly event: JournalEvent;
}

export interface OutboxPorts {
  /** Lines of the journal behind a number; each call goes on where the last one was left, or at its end. */
  readonly reader: (behind: number) => () => AsyncIterable<OutboxLine>;
  /** The last line of the journal. */
  readonly head: () => Place;
  readonly position: Place;
  /** The way to the endpoint; undefined where nothing is to be sent: then the cursor only follows the end. */
  readonly sender: Sender | undefined;
  /** The line up to which those behind a number have to go, for they are more than may wait; undefined while they are not. */
  readonly overflow: (behind: number) => Promise<number | undefined>;
  /** Moves the cursor; may fail silently, then lines are repeated after a restart. */
  readonly advance: (to: Place) => Promise<void>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** A clock that never goes back, ms. */
  readonly now: () => number;
  /** A random number from 0 to 1. */
  readonly chance: () => number;
  readonly waits?: Waits;
}

export interface Outbox {
  /** Tells that the journal has grown; never blocks, never throws. */
  kick(): void;
  /** Sends what can be sent until the time is up or something fails, then ends: nothing is sent afterwards. */
  flush(limitMs: number): Promise<void>;
  readonly stats: () => ExporterState['outbox'];
}

/** Bytes of the lines of one batch, as they are in the journal. */
const batchBytes = 1024 * 1024;

/** The line as one that becomes spans, or undefined. One that cannot be projected counts as one span until its turn comes. */
function itemOf({ seq, hash, event }: OutboxLine): Item | undefined {
  let spans = 1;
  try {
    spans = spanCount(event);
  } catch {}
  if (spans === 0) return undefined;
  return { seq, hash, event, spans, time: ('end' in event && Number(event.end)) || 0 };
}

/** Spans of the items, and the items that have none because they cannot be projected. */
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

/** An outbox that stands at `position`; it begins with the first {@link Outbox.kick}. */
export function createOutbox(ports: OutboxPorts): Outbox {
  return ports.sender === undefined ? followingOutbox(ports) : new SendingOutbox(ports, ports.sender);
}

/** What an outbox tells that has nothing to do. */
export const idleOutbox: ExporterState['outbox'] = {
  pending: 0,
  exported: 0,
  dropped: noneDropped,
  failed: noneFailed,
};

/** Where nothing is to be sent the cursor stays at the end, so that an endpoint that is configured later is not sent the past. */
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
  /** Lines that were not counted yet. */
  readonly #newLines: () => AsyncIterable<OutboxLine>;
  readonly #stopped = new AbortController();
  #state: OutboxState;
  /** The number up to which spans were counted. */
  #counted: number;
  /** Goes on where the last batch ended. */
  #batchReader: { behind: number; readonly lines: () => AsyncIterable<OutboxLine> } | undefined;
  #timer: NodeJS.Timeout | undefined;
  /** Is told whenever nothing is under way. */
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
    // While something is waited for, what comes is counted, and bounded.
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

  /** Has the machine decide what follows from an event, and does it. */
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

  /** Counts what was appended, one call after the other. Rejects with what the journal's reader throws. */
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
      let through: Place | undefined;
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
      // What was read behind the lines that were counted is counted before it is sent.
      if (through !== undefined && through.seq > this.#counted) await this.#count();
      if (through !== undefined) reader.behind = through.seq;
      this.#dispatch({ type: 'read', batch: through === undefined ? undefined : { items, through }, more });
    } catch (error) {
      this.#batchReader = undefined;
      this.#unreadable(error);
    }
  }

  /** Sends the spans of a batch, and says what became of them. */
  async #send(items: readonly Item[]): Promise<void> {
    const { spans, bad } = project(items);
    const answer = (verdict: Extract<OutboxEvent, { type: 'answered' }>['verdict']) =>
      this.#dispatch({ type: 'answered', verdict, now: this.#ports.now(), chance: this.#ports.chance() });
    if (bad.length > 0) {
      // One at a time, so that only these are given up.
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

  /** Gives up the oldest lines when more wait than may; harmless at any time. */
  async #makeRoom(): Promise<void> {
    const from = this.#state.position.seq;
    const last = await this.#ports.overflow(from).catch(() => undefined);
    if (last === undefined || this.#ended) return;
    let spans = 0;
    let through: Place | undefined;
    for await (const line of this.#ports.reader(from)()) {
      if (line.seq > Math.min(last, this.#counted)) break;
      spans += itemOf(line)?.spans ?? 0;
      through = { seq: line.seq, hash: line.hash };
    }
    if (through !== undefined) this.#dispatch({ type: 'overflow', from, through, spans });
  }

  /** Whether nothing is under way, and nothing can be begun. */
  #idle(): boolean {
    return this.#state.busy === undefined && (this.#state.waitUntil !== undefined || !this.#state.behind);
  }
}
