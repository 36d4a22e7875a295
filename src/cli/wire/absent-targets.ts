/**
 * Targets that are not observed any more: taken out of the configuration, or renamed. Nobody would ever tell the end of their drifts, so it is
 * told now, with the reason; should such a target come back, its drift is a new one.
 */
import type { TargetSettings } from '../../observe/target.ts';
import { knownTargets } from '../../store/baselines.ts';
import { storeKey, type TargetName } from '../../store/peek.ts';
import { memoryOf } from '../memory.ts';
import { endDrifts } from './end-drifts.ts';
import { type Forgetting, forgetOldest, recordDirectories } from './gone-targets.ts';

/** The targets that are observed, and the way to tell what is not any more. */
export interface Observing extends Forgetting {
  readonly targets: readonly Pick<TargetSettings, 'name' | 'workspace'>[];
  /** Whether nobody knows if a target is gone: its directory could not be looked at. */
  readonly isUnsure: (target: TargetName) => boolean;
}

/**
 * Ends the open drifts of every target that is known and not observed, notes which are gone and which are not, and forgets what is beyond
 * `mostGone`. What cannot be read or written now is left for the next time.
 */
export async function endAbsent(observing: Observing): Promise<void> {
  const { store, targets, now, isUnsure, report } = observing;
  if (store.journal() === undefined) return;
  const observed = new Set(targets.map(storeKey));
  await recordDirectories(store, { came: targets, went: [] }, now);
  for (const target of knownTargets(store.state.path)) {
    // What is not on the disk yet belongs to a target that may still come back as it was.
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

function reasonOf({ workspace }: TargetName, targets: Observing['targets']): string {
  const now = workspace === '' ? undefined : targets.find((one) => one.workspace === workspace);
  return now === undefined
    ? 'the target is not observed any more'
    : `the target is not observed any more: its workspace is observed as ${now.name}`;
}
