/**
 * Approved records that are still needed: an unconfirmed rollback reverts to one, and an interrupted rollback
 * or a waiting plan can be ended with no other.
 */

import { pruneApproved } from '../store/approved/approved.ts';
import type { TargetName } from '../store/peek.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { peekMemory } from './keep-memory.ts';
import type { RollbackMemory } from './memory.ts';

/** Returns the digests of the needed records of a target. */
export function neededRecords(memory: RollbackMemory, { name, workspace }: TargetName): readonly string[] {
  const isOf = (one: { readonly target: string; readonly workspace: string }) =>
    one.target === name && one.workspace === workspace;
  const facets = Object.values(memory.facets).filter(isOf);
  return [
    ...facets.flatMap(({ confirm }) => confirm?.replaced ?? []),
    ...memory.open.filter(isOf).flatMap(({ replaced }) => replaced ?? []),
    ...memory.waiting.filter(isOf).flatMap(({ record }) => record ?? []),
  ];
}

/**
 * Removes records beyond the retention, and record `dropped` at once, except those that are needed or
 * `inForce`. Throws AppError where the needed records are unknown, because the memory cannot be read.
 */
export async function pruneRecords(
  { state, now }: Pick<Recorder, 'state' | 'now'>,
  target: TargetName,
  inForce: string | undefined,
  dropped?: string,
): Promise<void> {
  const needed = new Set(neededRecords(await peekMemory(state.path), target));
  if (inForce !== undefined) needed.add(inForce);
  await pruneApproved(state, target, needed, now(), dropped);
}
