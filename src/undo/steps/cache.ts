/**
 * Steps that remove something wrong from a build cache. Each checks again before it acts, because builds run
 * meanwhile and may heal the cache themselves. None has an inverse: what is removed does not match its name,
 * or leads to such a file.
 */
import process from 'node:process';
import { parseCacheAction } from '../../go/cache-action.ts';
import {
  type Removal,
  removeActionEntry,
  removeIrregular,
  removeWrongOutput,
  whyNotRemovable,
} from '../../host/cache-removal.ts';
import { stepFile } from '../cache-plan.ts';
import type { CacheStep } from '../step.ts';
import type { StepKind, Taken } from './kind.ts';

/** `look` only checks what `remove` would do. */
type Mode = 'remove' | 'look';

function removal(step: CacheStep, mode: Mode): Removal {
  const { cache } = step;
  const file = stepFile(step);
  const isLook = mode === 'look';
  if (step.kind === 'drop-irregular') return removeIrregular(cache, file, isLook);
  if (step.kind === 'drop-output') return removeWrongOutput(cache, file, step.size, isLook);
  const wanted = (text: Uint8Array) => {
    const parsed = parseCacheAction(text, step.action);
    return typeof parsed !== 'string' && parsed.output === step.output;
  };
  return removeActionEntry(cache, file, wanted, isLook);
}

/**
 * Carries out one step on the GOCACHE (a real path) that it names. An output stays while an action entry that
 * leads to it could not be dropped; `failed` are the steps of the plan that failed before.
 */
export function takeCacheStep(step: CacheStep, failed: readonly { readonly kind: string }[] = []): Taken {
  const isStuck = (one: { readonly kind: string; readonly output?: string }) =>
    one.kind === 'drop-action' && step.kind === 'drop-output' && one.output === step.output;
  if (failed.some(isStuck)) return { refused: 'an action entry that leads to it could not be removed' };
  const done = removal(step, 'remove');
  if (done === 'absent') return { done: true, needless: 'it is gone' };
  if (done === 'changed') return { done: true, needless: 'a build replaced it' };
  return done === 'removed' ? { done: true } : { failed: done.failed };
}

function verify(step: CacheStep): string | undefined {
  const found = removal(step, 'look');
  if (found === 'absent' || found === 'changed') return undefined;
  return found === 'removed' ? 'it is there again, and as wrong as before' : found.failed;
}

function unsafe(step: CacheStep): readonly string[] {
  const why = whyNotRemovable(step.cache, stepFile(step), process.geteuid?.() ?? -1);
  return why === undefined ? [] : [why];
}

/** The kind of steps that change a build cache. */
export const cacheKind: StepKind<CacheStep> = {
  unsafe,
  take: async (step, _id, { failed }) => takeCacheStep(step, failed),
  verify: async (step) => verify(step),
  settle: async () => {},
};
