/**
 * Carries out a cache repair outside of a rollback (`godrift cache repair`): on a named cache, whoever uses
 * it.
 */
import type { CacheStep } from './step.ts';
import { takeCacheStep } from './steps/cache.ts';

/**
 * Result of one step. `needless` means that the damage was already gone: a build healed it or another process
 * removed it.
 */
export interface StepOutcome {
  readonly step: CacheStep;
  readonly result: 'done' | 'needless' | 'failed';
  readonly why?: string;
}

/**
 * Carries out the steps in order on the GOCACHE (a real path) that they name and returns one outcome for
 * each. A failed step does not stop the later ones, but an output stays while an entry that leads to it could
 * not be dropped. `onStep` receives the number of steps done so far.
 */
export function repairCache(
  steps: readonly CacheStep[],
  onStep: (done: number) => void = () => {},
): readonly StepOutcome[] {
  const failed: CacheStep[] = [];
  return steps.map((step, index) => {
    const outcome = outcomeOf(step, failed);
    if (outcome.result === 'failed') failed.push(step);
    onStep(index + 1);
    return outcome;
  });
}

function outcomeOf(step: CacheStep, failed: readonly CacheStep[]): StepOutcome {
  const taken = takeCacheStep(step, failed);
  if ('failed' in taken) return { step, result: 'failed', why: taken.failed };
  if ('refused' in taken) return { step, result: 'failed', why: taken.refused };
  return taken.needless === undefined
    ? { step, result: 'done' }
    : { step, result: 'needless', why: taken.needless };
}
