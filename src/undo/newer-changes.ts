/**
 * Guards the reverting of an unconfirmed rollback: a file is reverted only while it is exactly as the
 * rollback left it. Any other content is newer work of a user and must not be lost.
 */
import { isSameEntry } from '../host/entry-state.ts';
import type { ApprovedRecord } from '../store/approved/record.ts';
import { entryPath, type Plan } from './plan.ts';
import { isEntryStep } from './step.ts';

/**
 * Returns a refusal for each file or link of the plan that no longer is as the unconfirmed rollback left it.
 * `followed` lists what the rollback left.
 */
export function guardNewerChanges(
  { steps }: Pick<Plan, 'steps'>,
  { followed }: Pick<ApprovedRecord, 'followed'>,
): readonly string[] {
  // Records of older versions have no `followed`.
  if (followed === undefined) return [];
  const left = new Map(followed.map((entry) => [entryPath(entry), entry.state]));
  return steps.filter(isEntryStep).flatMap((step) => {
    const state = left.get(entryPath(step));
    return state !== undefined && isSameEntry(state, step.before)
      ? []
      : [
          `${step.path} was changed after the unconfirmed rollback or try: reverting it would lose that change`,
        ];
  });
}
