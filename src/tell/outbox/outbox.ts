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
import { projectSpans, spanCount } from '../spans.ts';
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
  return ports.sender === undefined ? followingOutbox(ports) : sendingOutbox(ports, ports.sender);
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

function sendingOutbox(ports: OutboxPorts, sender: Sender): Outbox {
  let state = initialState(ports.position);
  let ended = false;
  let timer: NodeJS.Timeout | undefined;
  let settled: () => void = () => {};
  /** The number up to which spans were counted. */
  let counted = ports.position.seq;
  const newLines = ports.reader(counted);
  let batchReader: { behind: number; lines: () => AsyncIterable<OutboxLine> } | undefined;
  let counting: Promise<void> = Promise.resolve();
  let advancing: Promise<void> = Promise.resolve();
  const stopped = new AbortController();

  function dispatch(event: OutboxEvent): void {
    if (ended) return;
    const [after, actions] = step(state, event, ports.waits ?? defaultWaits);
    state = after;
    for (const action of actions) perform(action);
    if (state.busy === undefined) settled();
  }

  function perform(action: Action): void {
    switch (action.do) {
      case 'read':
        void readBatch(action.behind);
        return;
      case 'send':
        void send(action.items);
        return;
      case 'advance':
        advancing = advancing.then(() => ports.advance(action.to)).catch(() => {});
        return;
      case 'wait':
        clearTimeout(timer);
        timer = setTimeout(
          () => dispatch({ type: 'tick', now: ports.now() }),
          Math.max(1, action.until - ports.now()),
        );
        timer.unref();
        return;
      case 'log':
        ports.log(action.message, action.fields);
    }
  }

  const unreadable = (error: unknown) =>
    dispatch({
      type: 'unreadable',
      why: `cannot read the journal: ${String(error)}`,
      now: ports.now(),
      chance: ports.chance(),
    });

  /** Counts what was appended, one call after the other. Rejects with what the journal's reader throws. */
  function count(): Promise<void> {
    const turn = counting.then(async () => {
      let spans = 0;
      let oldest: number | undefined;
      const tell = () => {
        if (spans > 0) dispatch({ type: 'counted', spans, oldest });
        spans = 0;
      };
      try {
        for await (const line of newLines()) {
          if (ended) return;
          const item = itemOf(line);
          spans += item?.spans ?? 0;
          oldest ??= item?.time;
          counted = Math.max(counted, line.seq);
        }
      } finally {
        tell();
      }
    });
    counting = turn.catch(() => {});
    return turn;
  }

  async function readBatch(behind: number): Promise<void> {
    try {
      await count();
      if (batchReader?.behind !== behind) batchReader = { behind, lines: ports.reader(behind) };
      const { lines } = batchReader;
      const items: Item[] = [];
      let through: Place | undefined;
      let bytes = 0;
      let more = false;
      for await (const line of lines()) {
        through = { seq: line.seq, hash: line.hash };
        const item = itemOf(line);
        if (item !== undefined) {
          items.push(item);
          bytes += JSON.stringify(line.event).length;
        }
        more = line.seq < counted;
        if (items.length >= batchLines || bytes >= batchBytes || !more) break;
      }
      // What was read behind the lines that were counted is counted before it is sent.
      if (through !== undefined && through.seq > counted) await count();
      if (through !== undefined) batchReader.behind = through.seq;
      dispatch({ type: 'read', batch: through === undefined ? undefined : { items, through }, more });
    } catch (error) {
      batchReader = undefined;
      unreadable(error);
    }
  }

  async function send(items: readonly Item[]): Promise<void> {
    const { spans, bad } = project(items);
    const answer = (verdict: Extract<OutboxEvent, { type: 'answered' }>['verdict']) =>
      dispatch({ type: 'answered', verdict, now: ports.now(), chance: ports.chance() });
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
    const reply = await sender.post(body, stopped.signal);
    answer(judge(reply, spans.length));
    if (state.waitUntil !== undefined) await makeRoom();
  }

  /** Gives up the oldest lines when more wait than may; harmless at any time. */
  async function makeRoom(): Promise<void> {
    const from = state.position.seq;
    const last = await ports.overflow(from).catch(() => undefined);
    if (last === undefined || ended) return;
    let spans = 0;
    let through: Place | undefined;
    for await (const line of ports.reader(from)()) {
      if (line.seq > Math.min(last, counted)) break;
      spans += itemOf(line)?.spans ?? 0;
      through = { seq: line.seq, hash: line.hash };
    }
    if (through !== undefined) dispatch({ type: 'overflow', from, through, spans });
  }

  function kick(): void {
    if (ended) return;
    dispatch({ type: 'appended' });
    // While something is waited for, what comes is counted, and bounded.
    if (state.waitUntil !== undefined)
      void count()
        .then(makeRoom)
        .catch(() => {});
  }

  const idle = () => state.busy === undefined && (state.waitUntil !== undefined || !state.behind);

  async function flush(limitMs: number): Promise<void> {
    dispatch({ type: 'hurry' });
    let limit: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      limit = setTimeout(resolve, limitMs);
    });
    const done = new Promise<void>((resolve) => {
      settled = () => {
        if (idle()) resolve();
      };
      settled();
    });
    await Promise.race([done, late]);
    ended = true;
    clearTimeout(limit);
    clearTimeout(timer);
    stopped.abort();
    sender.close();
    await advancing;
  }

  return {
    kick,
    flush,
    stats: () => ({
      pending: state.pending,
      exported: state.exported,
      dropped: state.dropped,
      failed: state.failed,
      ...(state.oldest === undefined ? {} : { oldest: state.oldest }),
    }),
  };
}
