import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  apartMs,
  type Deployment,
  type Learner,
  learn,
  newLearner,
  nextObservation,
} from '../../../src/drift/learner.ts';

let clock = 0;
/** Feeds one observation per character, its fingerprint, with enough time between them that each counts. */
const observe = (learner: Learner, fingerprints: string, deployment?: Deployment) =>
  [...fingerprints].reduce((state, one) => {
    clock += apartMs;
    return learn(state, one, clock, deployment);
  }, learner);

it('learns from three consecutive agreeing observations', () => {
  expect(observe(newLearner, 'aa').learned).toBeUndefined();
  expect(observe(newLearner, 'aabaab').learned).toBeUndefined();
  expect(observe(newLearner, 'aabbb')).toMatchObject({ fingerprint: 'b', learned: true });
});

it('counts observations within apartMs as one', () => {
  const at = (...times: readonly number[]) =>
    times.reduce<Learner>((state, time) => learn(state, 'a', time), newLearner);
  expect(at(0, 30, 60, 90, 120)).toMatchObject({ seen: 1, at: 0 });
  expect(at(0, apartMs, apartMs + 1, 2 * apartMs - 1)).toMatchObject({ seen: 2, at: apartMs });
  expect(at(0, apartMs, 2 * apartMs).learned).toBe(true);
  // A clock that is set back does not delay learning.
  expect(at(10 * apartMs, 0, apartMs).learned).toBe(true);
});

it('asks for another observation after one that came too early to count', () => {
  const first = learn(newLearner, 'a', 5_000);
  expect(nextObservation(learn(first, 'a', 5_030), 5_030)).toBe(5_000 + apartMs);
  expect(nextObservation(first, 5_000 + apartMs)).toBeUndefined();
  expect(nextObservation(newLearner, 5_000)).toBeUndefined();
  const learned = learn(learn(first, 'a', 6_000), 'a', 7_000);
  expect(nextObservation(learned, 7_030)).toBeUndefined();
});

it('keeps the baseline while a drift lasts, even for a hundred passes', () => {
  const learned = observe(newLearner, 'aaa');
  expect(observe(learned, 'b'.repeat(100))).toEqual(learned);
  fc.assert(fc.property(fc.string(), (passes) => void expect(observe(learned, passes)).toEqual(learned)));
});

it('learns one new baseline after a deployment, once its grace has ended', () => {
  const learned = observe(newLearner, 'aaa');
  const deployment = (now: number): Deployment => ({ graceUntil: 1000, now });
  expect(observe(learned, 'bbbbbb', deployment(999))).toEqual(learned);
  const two = observe(learned, 'bb', deployment(1000));
  expect(two.learned).toBeUndefined();
  const three = observe(two, 'b', deployment(1001));
  expect(three).toMatchObject({ fingerprint: 'b', learned: true, learnedAfter: 1000 });
  expect(observe(three, 'c'.repeat(100), deployment(5000))).toEqual(three);
  expect(observe(three, 'c'.repeat(100))).toEqual(three);
  expect(observe(three, 'ccc', { graceUntil: 6000, now: 6000 })).toMatchObject({
    fingerprint: 'c',
    learned: true,
    learnedAfter: 6000,
  });
});

it('learns no new baseline from observations that disagree', () => {
  const learned = observe(newLearner, 'aaa');
  expect(observe(learned, 'bcbcbcbcb', { graceUntil: 10, now: 20 }).learned).toBeUndefined();
});

it('learns no first baseline while a deployment is in progress', () => {
  const during = observe(newLearner, 'aaaa', { graceUntil: 1000, now: 500 });
  expect(during).toEqual(newLearner);
  expect(observe(observe(newLearner, 'aa'), 'a', { graceUntil: 1000, now: 500 })).toEqual(newLearner);
  expect(observe(during, 'aaa', { graceUntil: 1000, now: 1000 })).toMatchObject({
    fingerprint: 'a',
    learned: true,
  });
});

it('keeps the baseline if the clock is set back after a deployment', () => {
  const learned = observe(newLearner, 'aaa', { graceUntil: 1000, now: 2000 });
  expect(observe(learned, 'bbb', { graceUntil: 1000, now: 500 })).toEqual(learned);
});
