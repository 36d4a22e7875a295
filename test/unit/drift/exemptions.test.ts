import { describe, expect, it } from 'vitest';
import {
  deploymentAt,
  exemptionsOf,
  isInForce,
  type MarkedDeployment,
  markWaived,
  type Waiver,
  waivedFacets,
} from '../../../src/drift/exemptions.ts';
import { learn, newLearner } from '../../../src/drift/learner.ts';
import type { Finding } from '../../../src/drift/model.ts';

const now = Date.UTC(2026, 10, 22, 8);
const hour = 3_600_000;
const waiver = (given: Partial<Waiver> = {}): Waiver => ({
  id: '0000000a',
  reason: 'lab',
  who: 'ada',
  created: now - hour,
  expires: now + hour,
  ...given,
});
const finding = (given: Partial<Finding> = {}): Finding => ({
  kind: 'conflict',
  rule: 'goflags-rewrites-gomod',
  facet: 'env',
  level: 'minor',
  key: 'env.GOFLAGS',
  summary: 'x',
  ...given,
});
const waived = (waivers: readonly Waiver[], findings = [finding()]) =>
  markWaived(findings, { whitelisted: false, waivers }, now);

describe('waivers', () => {
  it.each([
    ['any finding', {}, true],
    ['its facet', { facet: 'env' }, true],
    ['another facet', { facet: 'tools' }, false],
    ['its rule', { rule: 'goflags-rewrites-gomod' }, true],
    ['its key', { key: 'env.GOFLAGS' }, true],
    ['the beginning of its key', { key: 'env.GO*' }, true],
    ['another key that it begins with', { key: 'env.GO' }, false],
    ['key and another rule', { key: 'env.GOFLAGS', rule: 'modules-off' }, false],
    ['any finding, but expired', { expires: now }, false],
  ] as const)('for %s cover the finding if they match', (_, given, covered) => {
    const [one] = waived([waiver(given)]);
    expect(one?.waived).toEqual(
      covered
        ? { id: '0000000a', reason: 'lab', who: 'ada', expires: '2026-11-22T09:00:00.000Z' }
        : undefined,
    );
  });

  it('that cover the same finding: the one that expires last is reported', () => {
    const [one] = waived([waiver(), waiver({ id: '0000000b', expires: now + 2 * hour })]);
    expect(one?.waived?.id).toBe('0000000b');
  });

  it('waive a whole facet only if they are for the facet or cover all of its findings', () => {
    const facetsWaivedBy = (waivers: readonly Waiver[], findings: readonly Finding[]) =>
      waivedFacets(waived(waivers, [...findings]), { whitelisted: false, waivers }, now);
    const flags = waiver({ key: 'env.GOFLAGS' });
    expect(facetsWaivedBy([flags], [])).toEqual({});
    expect(facetsWaivedBy([flags], [finding()])).toEqual({ env: now + hour });
    expect(facetsWaivedBy([flags], [finding(), finding({ key: 'env.CC' })])).toEqual({});
    expect(facetsWaivedBy([waiver({ facet: 'env' })], [])).toEqual({ env: now + hour });
    const two = [flags, waiver({ id: '0000000b', key: 'env.CC', expires: now + 5 * hour })];
    expect(facetsWaivedBy(two, [finding(), finding({ key: 'env.CC' })])).toEqual({ env: now + hour });
    expect(Object.keys(facetsWaivedBy([waiver()], []))).toHaveLength(6);
  });
});

describe('exemptionsOf', () => {
  const here = { name: 'ci-a-test', workspace: '/src/a' };
  it.each([
    ['its name', { target: 'ci-a-test' }, true],
    ['another name', { target: 'api' }, false],
    ['its name elsewhere', { target: 'ci-a-test', workspace: '/src/b' }, false],
    ['its name here', { target: 'ci-a-test', workspace: '/src/a' }, true],
    ['a pattern', { pattern: 'ci-.*' }, true],
    ['another pattern', { pattern: 'lab-.*' }, false],
  ] as const)('selects waivers for a target by %s', (_, selector, selected) => {
    const found = exemptionsOf({ waivers: [waiver(selector)], deployments: [] }, [], here);
    expect(found.waivers).toHaveLength(selected ? 1 : 0);
  });

  it('returns the deployment that was recorded last, whatever its date, and matches the whitelist', () => {
    const mark = (time: number): MarkedDeployment => ({
      id: `${time}`,
      time,
      graceSeconds: 60,
      reason: 'r',
      who: 'w',
    });
    const found = exemptionsOf(
      { waivers: [], deployments: [mark(2), mark(1), mark(3), { ...mark(1), id: 'last' }] },
      ['^ci-.*-test$'],
      here,
    );
    expect(found.deployment?.id).toBe('last');
    expect(found.whitelisted).toBe(true);
  });
});

describe('a waiver created while the clock was two years ahead', () => {
  const ahead = now + 730 * 24 * hour;
  const made = waiver({ created: ahead, expires: ahead + 24 * hour });
  it.each([
    [now, false],
    [ahead - hour, false],
    [ahead + hour, true],
    [ahead + 25 * hour, false],
  ])('is in force only between its creation and its expiry (%#)', (at, inForce) => {
    const [marked] = markWaived([finding()], { whitelisted: false, waivers: [made] }, at);
    expect(marked?.waived !== undefined).toBe(inForce);
    expect(isInForce(made, at)).toBe(inForce);
  });
});

describe('a deployment', () => {
  it('that was marked while the clock was ahead does not delay learning once the clock is right', () => {
    const mark: MarkedDeployment = { id: 'a', time: now + 5 * hour, graceSeconds: 60, reason: 'r', who: 'w' };
    let learner = newLearner;
    for (let time = now; time < now + 3_000; time += 1_000)
      learner = learn(learner, 'same', time, deploymentAt(mark, time));
    expect(learner.learned).toBe(true);
  });

  it('permits one new baseline, from three observations that agree after its grace', () => {
    const mark: MarkedDeployment = { id: 'a', time: now, graceSeconds: 60, reason: 'r', who: 'w' };
    const learnAt = (learner: typeof newLearner, print: string, at: number) =>
      learn(learner, print, at, deploymentAt(mark, at));
    let learner = {
      ...newLearner,
      fingerprint: 'old',
      seen: 3,
      learned: true as const,
      learnedAfter: now - hour,
    };
    learner = learnAt(learner, 'new', now + 1_000) as typeof learner;
    expect(learner.learned).toBe(true);
    let next = learner as ReturnType<typeof learn>;
    for (const at of [60_000, 61_000]) {
      next = learnAt(next, 'new', now + at);
      expect(next.learned).toBeUndefined();
    }
    next = learnAt(next, 'new', now + 62_000);
    expect(next).toMatchObject({ fingerprint: 'new', learned: true });
    expect(learnAt(next, 'newer', now + 63_000)).toBe(next);
  });
});
