/** Records of a target that something still needs: what waits to be confirmed goes back by one, and what is under way is undone by none other. */

import { pruneApproved } from '../store/approved/approved.ts';
import type { TargetName } from '../store/peek.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { peekMemory } from './keep-memory.ts';
import type { RollbackMemory } from './memory.ts';

/** The digests of these records. */
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

/** Removes records that are older than those that are kept, and `dropped` at once, but none that is needed, or that is `inForce`. Throws AppError where nobody can tell what is needed. */
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
