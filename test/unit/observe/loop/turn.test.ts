/** The turns of a target, step by step, without threads and timers. */
import { describe, expect, it } from 'vitest';
import {
  beginVisit,
  checkFoundChange,
  endVisit,
  firstTurn,
  isWhole,
  lookSucceeded,
  needNotWait,
  requestVisit,
  retryDue,
  type Turn,
  threadLost,
  visitFailed,
  wholeLooks,
} from '../../../../src/observe/loop/turn.ts';

const whole = wholeLooks(1, 0);
const at = (turn: Partial<Turn>): Turn => ({
  ...firstTurn,
  passes: 1,
  status: 'clean',
  settled: true,
  ...turn,
});
const want = (turn: Turn, now = 0, shown = true) => ({ ...turn, ...requestVisit(turn, whole, shown, now) });

describe('the next visit of a target', () => {
  it('is a look at first, then a check for changes, and a look after a change', () => {
    const first = want(firstTurn, 0, false);
    expect(first).toMatchObject({ status: 'dirty', want: 'look' });
    const running: Turn = { ...first, ...beginVisit(first, 1) };
    const done: Turn = { ...running, ...lookSucceeded(true, undefined) };
    const clean: Turn = { ...done, ...endVisit(done) };
    expect(clean).toMatchObject({ status: 'clean', passes: 1, visited: 1, announced: false });
    const next = want(clean);
    expect(next).toMatchObject({ status: 'dirty', want: 'check' });
    expect({ ...next, ...checkFoundChange }).toMatchObject({ status: 'dirty', want: 'look' });
    expect(want({ ...next, ...checkFoundChange }).want).toBe('look');
  });

  it.each<[string, Partial<Turn>, number, boolean]>([
    ['its thread has no trace of the last look', { settled: false }, 0, true],
    ['its time has come', { until: 1_000 }, 1_000, true],
    ['it has no state', {}, 0, false],
    ['a full read is due', { passes: 60 }, 0, true],
  ])('is a look if %s', (_, turn, now, shown) => {
    expect(want(at(turn), now, shown).want).toBe('look');
  });

  it('is a check before its time has come', () => {
    expect(want(at({ until: 1_000 }), 999).want).toBe('check');
  });

  it('waits while the target is late, and is repeated if a request came while it ran', () => {
    expect(want(at({ status: 'late' })).status).toBe('late');
    expect(want(at({ status: 'running' }))).toMatchObject({ status: 'running', again: true });
    expect({ ...at({ again: true }), ...beginVisit(firstTurn, 2) }.again).toBe(false);
  });
});

describe('a failed visit', () => {
  it('is repeated at the next pass after a plain failure', () => {
    for (const reason of ['failed', 'system-error'] as const)
      expect(visitFailed(at({ begun: 3 }), reason)).toEqual({
        change: { status: 'clean', settled: false, passes: 2, visited: 3 },
      });
  });

  it('backs off after a timeout or crash, doubling up to five minutes, and starts over after an answer', () => {
    let turn = at({});
    const waits = Array.from({ length: 9 }, () => {
      const { change, wait } = visitFailed(turn, 'timeout');
      turn = { ...turn, ...change };
      expect(turn.status).toBe('late');
      turn = { ...turn, ...retryDue };
      return wait;
    });
    expect(waits).toEqual([5, 10, 20, 40, 80, 160, 300, 300, 300].map((seconds) => seconds * 1000));
    expect(want(turn)).toMatchObject({ status: 'dirty', want: 'look' });
    turn = { ...turn, ...lookSucceeded(true, undefined) };
    expect(visitFailed(turn, 'crashed').wait).toBe(5_000);
  });

  it('makes a look due if its thread was lost with another target, unless the target is late itself', () => {
    for (const status of ['clean', 'running', 'dirty'] as const)
      expect({ ...at({ status }), ...threadLost(at({ status })) }).toMatchObject({
        status: 'dirty',
        want: 'look',
        settled: false,
      });
    expect({ ...at({ status: 'late' }), ...threadLost(at({ status: 'late' })) }.status).toBe('late');
  });
});

describe('whole looks', () => {
  it.each([1, 60, 200])('of %i targets are spread over the passes, one per target in each round', (count) => {
    const looks = Array.from({ length: count }, (_, index) => wholeLooks(count, index));
    const round = Math.max(60, count);
    const inPass = Array.from(
      { length: round },
      (_, pass) => looks.filter((one) => isWhole(at({ passes: pass + 1 }), one)).length,
    );
    expect(inPass.reduce((sum, each) => sum + each, 0)).toBe(count);
    expect(Math.max(...inPass)).toBe(1);
  });
});

describe('a caller waiting for a pass', () => {
  it.each<[string, Partial<Turn>, boolean, boolean, boolean]>([
    ['visited for it', { visited: 2 }, false, true, true],
    ['not visited yet', { visited: 1, status: 'running' }, false, true, false],
    ['late', { status: 'late' }, false, true, true],
    ['slow and running, with a state', { status: 'running' }, true, true, true],
    ['slow and running, without one', { status: 'running' }, true, false, false],
  ])('need not wait for a target that is %s: %j', (_, turn, slow, shown, past) => {
    expect(needNotWait(at(turn), 2, { slow, shown })).toBe(past);
  });
});
