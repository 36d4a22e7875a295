/**
 * Bookkeeping of targets that are gone: marks them, so that at the next start the targets observed last get
 * their slots before others, and limits how many gone targets keep their stored state (decision record 0080).
 */
import type { Clock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { forgetGone, goneSince, goneTargets, hasOpenDrift, markGone, unmarkGone } from '../../store/gone.ts';
import { storeKey, type TargetName } from '../../store/peek.ts';
import type { Store } from '../../store/store.ts';
import { type DriftEndPorts, endDrifts } from './end-drifts.ts';

/** The targets that were added to and removed from the list of observed targets. */
export interface TargetListChange {
  readonly came: readonly TargetName[];
  readonly went: readonly TargetName[];
}

/**
 * The most gone targets whose stored state is kept. An accepted baseline is kept always (decision record
 * 0080).
 */
export const mostGone = 1000;

/** Adds the current list of targets: forgetting takes a while, and a target may come back meanwhile. */
export interface GoneTargetPorts extends DriftEndPorts {
  readonly isObserved: (target: TargetName) => boolean;
}

/**
 * Removes the stored state of the oldest gone targets until at most `most` are left. Targets with an open
 * drift go last, and only after the end of the drift is journalled.
 */
export async function forgetOldest(recording: GoneTargetPorts, most = mostGone): Promise<void> {
  const { store, report, isObserved } = recording;
  const gone = goneTargets(store.state.path).filter((one) => !isObserved(one));
  if (gone.length <= most) return;
  const open = new Set(gone.filter((one) => hasOpenDrift(store.state.path, one)));
  const order = [...gone.filter((one) => !open.has(one)), ...open].slice(0, gone.length - most);
  const forgotten: string[] = [];
  for (const target of order) {
    // The target came back meanwhile (its mark may still wait to be removed): keep its state and its drift.
    if (isObserved(target) || goneSince(store.state.path, target) === undefined) continue;
    try {
      const why = `the target is gone, and records of at most ${most} gone targets are kept`;
      if (open.has(target)) await endDrifts(target, why, recording);
      await store.replace(placeOf(target), async () =>
        isObserved(target) ? await unmarkGone(store.state, target) : await forgetGone(store.state, target),
      );
      forgotten.push(target.name);
    } catch (error) {
      report(`${target.name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  if (forgotten.length === 0) return;
  const names = forgotten.slice(0, 5);
  report(
    `records of at most ${most} gone targets are kept: forgot ${names.join(', ')}${forgotten.length > names.length ? ` and ${forgotten.length - names.length} more` : ''}`,
  );
}

/** The store's key for the mark of a target: of several waiting writes with one key only the last is done. */
const placeOf = (target: TargetName) => `place of ${storeKey(target)}`;

/** Marks the targets in `went` as gone and unmarks those in `came`. The next start reads the marks. */
export async function recordDirectories(
  store: Store,
  { came, went }: TargetListChange,
  now: Clock,
): Promise<void> {
  const { state } = store;
  for (const one of went) await store.replace(placeOf(one), () => markGone(state, one, now()));
  for (const one of came)
    if (goneSince(state.path, one) !== undefined || store.waits(placeOf(one)))
      await store.replace(placeOf(one), () => unmarkGone(state, one));
}

/** The number of targets that may go before {@link forgetOldest} runs again. */
const goneBetween = 100;

/**
 * Returns a function that records each change of the target list, one after the other, with {@link
 * recordDirectories}, and calls {@link forgetOldest} after every hundred targets that went. Problems are
 * reported, never thrown.
 */
export function followDirectories(
  recording: GoneTargetPorts,
): (difference: TargetListChange) => Promise<void> {
  const serial = createSerial();
  let gone = 0;
  const follow = async (difference: TargetListChange) => {
    await recordDirectories(recording.store, difference, recording.now);
    gone += difference.went.length;
    if (gone < goneBetween) return;
    gone = 0;
    await forgetOldest(recording);
  };
  return (difference) => serial(() => follow(difference)).catch((error) => recording.report(String(error)));
}
