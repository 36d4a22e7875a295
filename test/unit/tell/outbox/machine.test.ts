/** The state machine beside a model of a journal and a backend that misbehaves, over a day and more of compressed time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { SendResult } from '../../../../src/tell/outbox/answer.ts';
import {
  type Action,
  batchLines,
  defaultWaits,
  type Item,
  initialState,
  type LinePosition,
  type OutboxEvent,
  type OutboxState,
  step,
} from '../../../../src/tell/outbox/machine.ts';
import { resolvedRecord } from '../states.ts';

const place = (seq: number): LinePosition => ({ seq, hash: `h${seq}` });
const lineOf = (seq: number): Item => ({
  ...place(seq),
  time: seq,
  spans: (seq % 3) + 1,
  event: resolvedRecord,
});
/** Every seventh line becomes no span. */
const isEvent = (seq: number) => seq % 7 !== 0;
const itemsBehind = (behind: number, end: number): readonly Item[] => {
  const items: Item[] = [];
  for (let seq = behind + 1; seq <= end && items.length < batchLines; seq++)
    if (isEvent(seq)) items.push(lineOf(seq));
  return items;
};

/** A journal, a process that may die, and the clock. */
class World {
  state: OutboxState = initialState(place(0));
  now = 0;
  end = 0;
  cursor = 0;
  counted = 0;
  /** What the backend has, how often. */
  readonly taken = new Map<number, number>();
  readonly givenUp = new Set<number>();
  readonly waits: number[] = [];
  sends = 0;
  tickAt: number | undefined;
  readonly answer: (items: readonly Item[]) => SendResult;

  constructor(answer: (items: readonly Item[]) => SendResult) {
    this.answer = answer;
  }

  append(lines: number): void {
    this.end += lines;
    this.tell({ type: 'appended' });
  }

  /** kill -9 and a new start: what is not in the cursor is forgotten. */
  restart(): void {
    this.state = initialState(place(this.cursor));
    this.counted = this.cursor;
    this.tickAt = undefined;
    this.tell({ type: 'appended' });
  }

  /** Lets time pass up to the next tick. */
  wait(): void {
    if (this.tickAt === undefined) return;
    this.now = Math.max(this.now, this.tickAt);
    this.tickAt = undefined;
    this.tell({ type: 'tick', now: this.now });
  }

  count(): void {
    let spans = 0;
    let oldest: number | undefined;
    for (; this.counted < this.end; this.counted++) {
      const seq = this.counted + 1;
      if (!isEvent(seq)) continue;
      spans += lineOf(seq).spans;
      oldest ??= seq;
    }
    if (spans > 0) this.tell({ type: 'counted', spans, oldest });
  }

  tell(event: OutboxEvent): void {
    const [state, actions] = step(this.state, event);
    this.state = state;
    for (const action of actions) this.perform(action);
  }

  perform(action: Action): void {
    if (action.do === 'advance') {
      expect(action.to.seq).toBeGreaterThanOrEqual(this.cursor);
      this.cursor = action.to.seq;
    }
    if (action.do === 'wait') {
      this.waits.push(action.until - this.now);
      this.tickAt = action.until;
    }
    if (action.do === 'read') {
      this.count();
      const items = itemsBehind(action.behind, this.end);
      const through = items.length === batchLines ? (items.at(-1) as Item).seq : this.end;
      const batch = through === action.behind ? undefined : { items, through: place(through) };
      this.tell({ type: 'read', batch, more: through < this.end });
    }
    if (action.do === 'send') {
      this.sends++;
      expect(action.items.length).toBeGreaterThan(0);
      expect(action.items.length).toBeLessThanOrEqual(batchLines);
      const verdict = this.answer(action.items);
      if (verdict.kind === 'accepted')
        for (const { seq } of action.items) this.taken.set(seq, (this.taken.get(seq) ?? 0) + 1);
      if (verdict.kind === 'refused' && action.items.length === 1)
        for (const { seq } of action.items) this.givenUp.add(seq);
      this.tell({ type: 'answered', verdict, now: this.now, chance: 0.5 });
    }
  }
}

const accepted: SendResult = { kind: 'accepted', rejected: 0, why: '' };
const failed = (afterMs?: number): SendResult => ({
  kind: 'failed',
  reason: 'unavailable',
  why: 'it answered 503',
  ...(afterMs === undefined ? {} : { afterMs }),
});
const refused: SendResult = { kind: 'refused', reason: 'refused', why: 'it answered 400' };
const events = (end: number) => Array.from({ length: end }, (_, index) => index + 1).filter(isEvent);

describe('the outbox', () => {
  it('loses nothing and gives up nothing over a day of a backend that is dead, slow and full, with kills', () => {
    const moment = fc.record({
      append: fc.integer({ min: 0, max: 200 }),
      kill: fc.boolean(),
      ticks: fc.integer({ min: 0, max: 5 }),
      up: fc.boolean(),
      retryAfterMs: fc.option(fc.integer({ min: 1, max: 1e9 }), { nil: undefined }),
    });
    fc.assert(
      fc.property(fc.array(moment, { maxLength: 60 }), (moments) => {
        let up = true;
        let retryAfterMs: number | undefined;
        const world = new World(() => (up ? accepted : failed(retryAfterMs)));
        for (const one of moments) {
          ({ up, retryAfterMs } = one);
          world.append(one.append);
          if (one.kill) world.restart();
          for (let tick = 0; tick < one.ticks; tick++) world.wait();
          expect(world.state.batch?.items.length ?? 0).toBeLessThanOrEqual(batchLines);
        }
        up = true;
        world.wait();
        world.append(0);
        expect([...world.taken.keys()].sort((a, b) => a - b)).toEqual(events(world.end));
        expect(world.state).toMatchObject({ pending: 0, oldest: undefined, batch: undefined });
        expect(world.cursor).toBe(world.end);
        for (const ms of world.waits) expect(ms).toBeLessThanOrEqual(defaultWaits.retryAfterCapMs);
      }),
      { numRuns: 150 },
    );
  });

  it('gives up exactly the lines that are refused for good, and sends the others once', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 300 }), fc.integer({ min: 2, max: 50 }), (end, each) => {
        const poisoned = ({ seq }: Item) => seq % each === 0;
        const world = new World((items) => (items.some(poisoned) ? refused : accepted));
        world.append(end);
        const [bad, good] = [
          events(end).filter((seq) => seq % each === 0),
          events(end).filter((seq) => seq % each !== 0),
        ];
        expect([...world.givenUp].sort((a, b) => a - b)).toEqual(bad);
        expect([...world.taken].sort(([a], [b]) => a - b)).toEqual(good.map((seq) => [seq, 1]));
        const spans = (list: readonly number[]) => list.reduce((sum, seq) => sum + lineOf(seq).spans, 0);
        expect(world.state).toMatchObject({ pending: 0, exported: spans(good) });
        expect(world.state.dropped.refused).toBe(spans(bad));
      }),
    );
  });

  it('counts what a partial success rejects, and does not send it again', () => {
    const world = new World((items) => ({ kind: 'accepted', rejected: items.length, why: 'too old' }));
    world.append(6);
    const spans = events(6).reduce((sum, seq) => sum + lineOf(seq).spans, 0);
    expect(world.sends).toBe(1);
    expect(world.state.dropped.rejected).toBe(6);
    expect(world.state.exported).toBe(spans - 6);
  });

  it('waits longer after each failure, a minute at most, and appends change nothing of it', () => {
    const world = new World(() => failed());
    world.append(1);
    for (let time = 0; time < 24; time++) {
      const due = world.tickAt;
      world.append(5);
      world.append(0);
      expect(world.tickAt).toBe(due);
      world.wait();
    }
    expect(world.sends).toBe(25);
    expect(world.waits[0]).toBeCloseTo(875);
    expect(Math.max(...world.waits)).toBeLessThanOrEqual(60_000);
    // A whole day takes some 1,600 requests.
    expect(86_400_000 / (world.waits.at(-1) as number)).toBeLessThan(1_700);
  });

  it.each([
    [30_000, 30_000],
    [1, 1_000],
    [86_400_000, 600_000],
  ])('obeys a Retry-After of %i ms with a wait of %i ms', (afterMs, ms) => {
    const world = new World(() => failed(afterMs));
    world.append(1);
    expect(world.waits).toEqual([ms]);
  });

  it('waits on when a timer was early', () => {
    const world = new World(() => failed());
    world.append(1);
    world.tell({ type: 'tick', now: 10 });
    expect(world.sends).toBe(1);
    expect(world.waits).toHaveLength(2);
    world.wait();
    expect(world.sends).toBe(2);
  });

  it('gives up the oldest beyond the bound, counted, and never what is being sent', () => {
    const world = new World(() => failed());
    world.append(100);
    world.count();
    const all = world.state.pending;
    const spans = events(40).reduce((sum, seq) => sum + lineOf(seq).spans, 0);
    world.tell({ type: 'overflow', from: 0, through: place(40), spans });
    expect(world.state.dropped.overflow).toBe(spans);
    expect(world.state.pending).toBe(all - spans);
    expect(world.cursor).toBe(40);
    expect(world.state.batch?.items.every(({ seq }) => seq > 40)).toBe(true);
    // Computed from a position that is no longer: ignored.
    world.tell({ type: 'overflow', from: 0, through: place(60), spans: 1 });
    expect(world.cursor).toBe(40);
    const sending = new World(() => accepted);
    sending.state = { ...world.state, waitUntil: undefined, busy: { sending: 1 } };
    sending.tell({ type: 'overflow', from: 40, through: place(60), spans: 1 });
    expect(sending.state.position.seq).toBe(40);
  });

  it('sends at once when the process ends', () => {
    let up = false;
    const world = new World(() => (up ? accepted : failed()));
    world.append(5);
    up = true;
    world.tell({ type: 'hurry' });
    expect(world.state.pending).toBe(0);
  });

  it('tries the journal again when it cannot be read', () => {
    const world = new World(() => accepted);
    world.state = { ...world.state, busy: 'reading' };
    world.end = 3;
    world.tell({ type: 'unreadable', why: 'EIO', now: 0, chance: 0 });
    expect(world.sends).toBe(0);
    world.wait();
    expect(world.taken.size).toBe(3);
  });
});
