/**
 * What a rollback put somewhere that nobody confirmed is taken back only while it still stands there. Whatever else is there by then somebody made who was at
 * work on it: it is not to be lost, and what is right now is for that person to say.
 */
import { isSameEntry } from '../host/entry-state.ts';
import type { ApprovedRecord } from '../store/approved/record.ts';
import { type Plan, placeOf } from './plan.ts';
import { isEntryStep } from './step.ts';

/** Every name that a plan would change and that is not as the rollback left it; `followed` is what that one put there. */
export function guardFollowed(
  { steps }: Pick<Plan, 'steps'>,
  { followed }: Pick<ApprovedRecord, 'followed'>,
): readonly string[] {
  // Kept by a version that did not note it.
  if (followed === undefined) return [];
  const left = new Map(followed.map((entry) => [placeOf(entry), entry.state]));
  return steps.filter(isEntryStep).flatMap((step) => {
    const state = left.get(placeOf(step));
    return state !== undefined && isSameEntry(state, step.before)
      ? []
      : [`${step.path} was changed after what nobody confirmed: that would be lost`];
  });
}
