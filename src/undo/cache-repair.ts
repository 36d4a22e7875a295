/** Carries out the steps of a cache repair. Each looks again before it acts: builds go on meanwhile, and heal as well. */
import { parseCacheAction } from '../go/cache-action.ts';
import {
  type Removal,
  removeActionEntry,
  removeIrregular,
  removeWrongOutput,
} from '../host/cache-removal.ts';
import { type CacheStep, stepFile } from './cache-plan.ts';

/** How a step ended: `needless` when a build healed it first, or somebody else removed it. */
export interface StepOutcome {
  readonly step: CacheStep;
  readonly result: 'done' | 'needless' | 'failed';
  readonly why?: string;
}

function removeFor(cache: string, step: CacheStep): Removal {
  const file = stepFile(step);
  if (step.kind === 'drop-irregular') return removeIrregular(cache, file);
  if (step.kind === 'drop-output') return removeWrongOutput(cache, file, step.size);
  return removeActionEntry(cache, file, (text) => {
    const parsed = parseCacheAction(text, step.action);
    return typeof parsed !== 'string' && parsed.output === step.output;
  });
}

/** Takes the steps in their order on a real GOCACHE; a failed one does not stop those after it, but an output stays while an entry leads to it. */
export function repairCache(
  cache: string,
  steps: readonly CacheStep[],
  onStep: (done: number) => void = () => {},
): readonly StepOutcome[] {
  const stuck = new Set<string>();
  return steps.map((step, index) => {
    const outcome = takeStep(cache, step, stuck);
    if (outcome.result === 'failed' && step.kind === 'drop-action') stuck.add(step.output);
    onStep(index + 1);
    return outcome;
  });
}

function takeStep(cache: string, step: CacheStep, stuck: ReadonlySet<string>): StepOutcome {
  if (step.kind === 'drop-output' && stuck.has(step.output))
    return { step, result: 'failed', why: 'an action entry that leads to it could not be removed' };
  const removal = removeFor(cache, step);
  if (removal === 'absent') return { step, result: 'needless', why: 'it is gone' };
  if (removal === 'changed') return { step, result: 'needless', why: 'a build replaced it' };
  if (typeof removal === 'object') return { step, result: 'failed', why: removal.failed };
  return { step, result: 'done' };
}
