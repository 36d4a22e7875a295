/**
 * Ends the open drifts of targets that are no longer observed because they were renamed or removed from the
 * configuration. No pass would ever resolve such a drift, so its end is recorded here, with the reason. A
 * target that comes back later starts with a new drift.
 */
import type { TargetSettings } from '../../observe/target.ts';
import { knownTargets } from '../../store/baselines.ts';
import { storeKey, type TargetName } from '../../store/peek.ts';
import { memoryOf } from '../memory.ts';
import { endDrifts } from './end-drifts.ts';
import { forgetOldest, type GoneTargetPorts, recordDirectories } from './gone-targets.ts';

/** The targets that are observed now, and what is needed to record the end of the others. */
export interface AbsentTargetPorts extends GoneTargetPorts {
  readonly targets: readonly Pick<TargetSettings, 'name' | 'workspace'>[];
  /** Reports whether it is unknown if a target is gone, because its directory could not be read. */
  readonly isUnsure: (target: TargetName) => boolean;
}

/**
 * Ends the open drifts of every stored target that is not observed, marks each target as gone or present, and
 * forgets the oldest gone targets beyond `mostGone`. A target that cannot be read or written is reported and
 * left for the next call.
 */
export async function endAbsent(observing: AbsentTargetPorts): Promise<void> {
  const { store, targets, now, isUnsure, report } = observing;
  if (store.journal() === undefined) return;
  const observed = new Set(targets.map(storeKey));
  await recordDirectories(store, { came: targets, went: [] }, now);
  for (const target of knownTargets(store.state.path)) {
    // A memory that still waits to be written belongs to a target that may come back unchanged.
    if (observed.has(storeKey(target)) || store.waits(memoryOf(target)) || isUnsure(target)) continue;
    try {
      await endDrifts(target, reasonOf(target, targets), observing);
      await recordDirectories(store, { came: [], went: [target] }, now);
    } catch (error) {
      report(`${target.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  await forgetOldest(observing);
}

function reasonOf({ workspace }: TargetName, targets: AbsentTargetPorts['targets']): string {
  const now = workspace === '' ? undefined : targets.find((one) => one.workspace === workspace);
  return now === undefined
    ? 'the target is no longer observed'
    : `the target is no longer observed: its workspace is now observed as ${now.name}`;
}
