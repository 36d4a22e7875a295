/** Carries out the steps of a cache repair that nobody asked a rollback for: of a cache that is named, whoever uses it. */
import type { CacheStep } from './step.ts';
import { takeCacheStep } from './steps/cache.ts';

/** How a step ended: `needless` when a build healed it first, or somebody else removed it. */
export interface StepOutcome {
  readonly step: CacheStep;
  readonly result: 'done' | 'needless' | 'failed';
  readonly why?: string;
}

/** Takes the steps in their order on a real GOCACHE; a failed one does not stop those after it, but an output stays while an entry leads to it. */
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
