/** A day of an outbox in compressed time: a backend with every fault, a process that is killed, and a backlog far larger than what may be held. */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { Reply } from '../../../../src/tell/outbox/answer.ts';
import { createOutbox, type Outbox, type OutboxLine } from '../../../../src/tell/outbox/outbox.ts';
import { spanCount } from '../../../../src/tell/spans/spans.ts';
import { driftRecord, noon, resolvedRecord } from '../states.ts';

afterEach(() => vi.useRealTimers());

const minute = 60_000;
const hour = 60 * minute;

/** Line number `seq`, made anew when it is read, as from a file: the test itself holds no backlog, and lines share nothing. */
function lineOf(seq: number): OutboxLine {
  const spanId = seq.toString(16).padStart(16, '0');
  const template = structuredClone(seq % 2 === 0 ? driftRecord : resolvedRecord);
  const event = { ...template, end: noon + seq, span_id: spanId };
  return { seq, hash: `h${seq}`, event };
}

const spansThrough = (lines: number) =>
  Math.floor(lines / 2) * spanCount(driftRecord) + Math.ceil(lines / 2) * spanCount(resolvedRecord);

/** Ids of the spans in a request, as numbers (52 bits of each), and what they say. */
function idsIn(body: Uint8Array): readonly number[] {
  const ids = new TextDecoder().decode(body).matchAll(/"spanId":"([0-9a-f]{3})([0-9a-f]{13})"/g);
  return [...ids].map(
    ([, first = '', last = '']) => Number.parseInt(last, 16) + Number.parseInt(first, 16) / 7919,
  );
}

const answer = (status: number, body = '', retryAfterMs?: number): Reply => ({
  ok: true,
  status,
  retryAfterMs,
  body,
  truncated: false,
});
const later = (ms: number, reply: Reply) =>
  new Promise<Reply>((resolve) => setTimeout(() => resolve(reply), ms));

/** A journal that grows, its cursor, a backend with a mood, and a process that may be killed. */
class Day {
  end = 0;
  cursor = 0;
  mood: (ids: readonly number[]) => Reply | Promise<Reply> = () => answer(200);
  readonly taken = new Set<number>();
  readonly rejected = new Set<number>();
  largestRequest = 0;
  outbox: Outbox = this.start();

  /** A process that begins at the cursor; one that ran before hears and does nothing any more. */
  start(): Outbox {
    const alive = () => this.outbox === outbox;
    const outbox: Outbox = createOutbox({
      position: { seq: this.cursor, hash: '' },
      head: () => lineOf(this.end),
      reader: (behind) => {
        let at = behind;
        const day = this;
        return async function* () {
          while (at < day.end) yield lineOf(++at);
        };
      },
      sender: {
        post: async (body) => {
          const ids = idsIn(body);
          this.largestRequest = Math.max(this.largestRequest, ids.length);
          const reply = alive() ? await this.mood(ids) : await new Promise<Reply>(() => {});
          return alive() ? reply : await new Promise<Reply>(() => {});
        },
        close: () => {},
      },
      overflow: async () => undefined,
      advance: async ({ seq }) => {
        if (alive()) this.cursor = seq;
      },
      log: () => {},
      now: () => performance.now(),
      chance: () => 0.5,
    });
    this.outbox = outbox;
    return outbox;
  }

  append(lines: number): void {
    this.end += lines;
    this.outbox.kick();
  }

  readonly take = (ids: readonly number[], body = '{}'): Reply => {
    for (const id of ids) this.taken.add(id);
    return answer(200, body);
  };
}

/** What the backend does for an hour each, over and over. */
const moods: readonly ((day: Day) => Day['mood'])[] = [
  (day) => day.take,
  () => () => ({ ok: false, why: 'ECONNREFUSED' }),
  () => () => later(10_000, { ok: false, why: 'no answer in time' }),
  () => () => answer(503),
  () => () => answer(429, '', 2 * minute),
  (day) => (ids) => later(5_000, day.take(ids)),
  () => () => answer(200, '<html>welcome</html>'),
  (day) => (ids) => {
    for (const id of ids.slice(0, 1)) day.rejected.add(id);
    return day.take(ids.slice(1), '{"partialSuccess":{"rejectedSpans":1}}');
  },
  // It took them, and the answer is lost.
  (day) => (ids) => {
    day.take(ids);
    return { ok: false, why: 'ECONNRESET' };
  },
];

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;
/** MiB that are in use. */
function heap(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

describe('the outbox over a day', () => {
  it('loses and doubles no span, whatever the backend does and however often the process is killed', async () => {
    vi.useFakeTimers();
    const day = new Day();
    for (let passed = 0; passed < 24 * hour; passed += 2 * minute) {
      const mood = moods[Math.floor(passed / hour) % moods.length];
      if (mood !== undefined) day.mood = mood(day);
      day.append(3);
      if (passed % (38 * minute) === 0) day.start().kick();
      await vi.advanceTimersByTimeAsync(2 * minute);
    }
    day.mood = day.take;
    await vi.advanceTimersByTimeAsync(hour);
    expect(day.outbox.stats().pending).toBe(0);
    expect(day.cursor).toBe(day.end);
    expect(new Set([...day.taken, ...day.rejected]).size).toBe(spansThrough(day.end));
  });

  it('holds no more of a backlog than one request, while it waits and while it is sent', async () => {
    vi.useFakeTimers();
    const day = new Day();
    day.mood = () => ({ ok: false, why: 'ECONNREFUSED' });
    day.append(100);
    await vi.advanceTimersByTimeAsync(minute);
    const before = heap();
    let most = before;
    for (let turn = 0; turn < 6; turn++) {
      day.append(1_000);
      await vi.advanceTimersByTimeAsync(hour);
    }
    most = Math.max(most, heap());
    expect(day.outbox.stats().pending).toBe(spansThrough(6_100));
    let requests = 0;
    let sent = 0;
    day.mood = (ids) => {
      sent += ids.length;
      if (requests++ % 20 < 2) most = Math.max(most, heap());
      return answer(200, '{}');
    };
    await vi.advanceTimersByTimeAsync(hour);
    expect(sent).toBe(spansThrough(6_100));
    expect(most - before).toBeLessThan(8);
    expect(day.largestRequest).toBeLessThanOrEqual(64 * spanCount(driftRecord));
  });

  it('ends a flush at its limit, however much there is to send', async () => {
    vi.useFakeTimers();
    const day = new Day();
    day.mood = (ids) => later(50, day.take(ids));
    day.append(20_000);
    const flushed = day.outbox.flush(800);
    await vi.advanceTimersByTimeAsync(800);
    await flushed;
    const { cursor } = day;
    expect(cursor).toBeGreaterThan(0);
    await vi.advanceTimersByTimeAsync(hour);
    expect(day.cursor).toBe(cursor);
  });
});
