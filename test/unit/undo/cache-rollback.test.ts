/** A rollback of a build cache, from intent to outcome: each step checks again, none is reverted, and an interrupted one is finished. */
import { createHash } from 'node:crypto';
import { chmodSync, chownSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RollbackIntent } from '../../../src/drift/events.ts';
import { cacheFileName, formatCacheAction } from '../../../src/go/cache-action.ts';
import { appendJournal } from '../../../src/store/journal.ts';
import { keepRollback } from '../../../src/store/rollbacks.ts';
import { planCacheRepair } from '../../../src/undo/cache-plan.ts';
import { guardPlan } from '../../../src/undo/guards.ts';
import type { Plan } from '../../../src/undo/plan.ts';
import { recoverRollbacks, runRollback, verifySteps } from '../../../src/undo/run.ts';
import { takeCacheStep } from '../../../src/undo/steps/cache.ts';
import { id } from '../drift/conflicts/cache-facts.ts';
import { scratch } from '../store/scratch.ts';
import { asked, lines, recording, signature, trace } from './recording.ts';

const output = createHash('sha256').update('right').digest('hex');
const actions = [id('a'), id('b')];

async function damaged() {
  const home = await scratch();
  const cache = path.join(home, 'cache');
  const put = (file: string, text: string) => {
    mkdirSync(path.dirname(path.join(cache, file)), { recursive: true });
    writeFileSync(path.join(cache, file), text);
  };
  for (const action of actions)
    put(cacheFileName(action, 'a'), formatCacheAction({ action, output, size: 5, time: 1n }));
  put(cacheFileName(output, 'd'), 'WRONG');
  const steps = planCacheRepair(cache, {
    corrupt: [{ output, kind: 'archive', size: 5, actions }],
    irregular: [],
    rebound: [],
  });
  const plan: Plan = {
    target: 'api',
    workspace: '/src',
    facet: 'cache',
    steps,
    contents: new Map(),
    refusals: [],
  };
  const left = () =>
    readdirSync(cache, { recursive: true, encoding: 'utf8' }).filter((name) => /-[ad]$/.test(name));
  return { cache, state: path.join(home, 'state'), steps, plan, put, left };
}

const run = (verify: () => Promise<string | undefined>) => ({
  signature,
  asked,
  trace,
  before: new Map<string, Uint8Array>(),
  verify,
});

describe('a rollback of a build cache', () => {
  it('removes what is wrong, entries first, and journals every part', async () => {
    const { state, plan, steps, left } = await damaged();
    const ran = await recording(state, (recorder) =>
      runRollback(plan, { recorder, ...run(() => verifySteps(steps)) }),
    );
    expect(ran).toMatchObject({
      outcome: { result: 'applied', why: expect.stringContaining('3 removed, 0 healed meanwhile, 0 failed') },
    });
    expect(left()).toEqual([]);
    const [intent, outcome] = await lines(state);
    expect(intent).not.toHaveProperty('replaced');
    expect(outcome).toMatchObject({
      facets: ['cache'],
      parts: [{ kind: 'drop-action' }, { kind: 'drop-action' }, { kind: 'drop-output' }, { part: 'verify' }],
    });
  });

  it('leaves what a build healed meanwhile, and verifies then', async () => {
    const { state, plan, steps, put, left } = await damaged();
    put(cacheFileName(output, 'd'), 'right');
    const ran = await recording(state, (recorder) =>
      runRollback(plan, { recorder, ...run(() => verifySteps(steps)) }),
    );
    expect(ran).toMatchObject({ outcome: { result: 'applied', why: expect.stringContaining('1 healed') } });
    expect(left()).toEqual([cacheFileName(output, 'd')]);
  });

  it('fails if it does not verify, and restores nothing wrong', async () => {
    const { state, plan, steps, put, left } = await damaged();
    const verify = async () => {
      put(cacheFileName(output, 'd'), 'WRONG');
      return await verifySteps(steps);
    };
    const ran = await recording(state, (recorder) => runRollback(plan, { recorder, ...run(verify) }));
    expect(ran).toMatchObject({
      outcome: {
        result: 'failed',
        why: expect.stringMatching(/as wrong as before; what was removed stays removed$/),
      },
    });
    expect(left()).toEqual([cacheFileName(output, 'd')]);
  });

  it('keeps an output to which an entry still leads, and removes everything else', async () => {
    const { steps, left } = await damaged();
    const stuck = steps.filter(({ kind }) => kind === 'drop-action').slice(0, 1);
    const drop = steps.find(({ kind }) => kind === 'drop-output');
    if (drop === undefined) throw new Error('no such step');
    expect(takeCacheStep(drop, stuck)).toEqual({
      refused: 'an action entry that leads to it could not be removed',
    });
    expect(left()).toHaveLength(3);
    expect(takeCacheStep(drop)).toEqual({ done: true });
  });

  it('names the owner of a cache that it must not change', async () => {
    const { cache, plan } = await damaged();
    expect(guardPlan(plan, [])).toEqual([]);
    if (process.geteuid?.() === 0) chownSync(cache, 4242, 4242);
    else for (const name of readdirSync(cache)) chmodSync(path.join(cache, name), 0o500);
    expect(guardPlan(plan, [])).toEqual(
      expect.arrayContaining([expect.stringMatching(/belongs to uid 4242|cannot be written \(EACCES\)/)]),
    );
    for (const name of readdirSync(cache)) chmodSync(path.join(cache, name), 0o700);
  });

  it.each([0, 1, 3])('is finished by the next start when it was killed after %i steps', async (done) => {
    const { state, steps, left } = await damaged();
    const rollback = '00000000000000ee';
    await recording(state, async (recorder) => {
      const whole = { schema: 1, target: 'api', workspace: '/src', facet: 'cache', asked, steps, trace };
      const kept = await keepRollback(recorder.state, rollback, whole, new Map());
      if (!kept.ok) throw new Error(kept.problem);
      const intent: RollbackIntent = {
        type: 'intent',
        operation: 'rollback',
        id: rollback,
        target: 'api',
        workspace: '/src',
        facets: ['cache'],
        ...asked,
        plan: kept.value,
        steps: steps.length,
        files: steps.map((step) => step.path),
        why: 'rollback of cache',
      };
      await appendJournal(recorder.journal, intent);
      for (const step of steps.slice(0, done)) takeCacheStep(step);
    });
    const outcomes = await recording(state, (recorder) => recoverRollbacks(recorder, async () => signature));
    expect(outcomes).toMatchObject([
      { result: 'applied', why: expect.stringContaining('was interrupted and has been finished') },
    ]);
    expect(left()).toEqual([]);
    expect(existsSync(path.join(state, 'rollbacks', rollback))).toBe(false);
  });
});
