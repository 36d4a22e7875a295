/** Targets that are gone: who has its place at the next start, and of how many is kept what is stored (decision record 0080). */
import type { Clock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { forgetGone, goneSince, goneTargets, hasOpenDrift, markGone, unmarkGone } from '../../store/gone.ts';
import { storeKey, type TargetName } from '../../store/peek.ts';
import type { Store } from '../../store/store.ts';
import { endDrifts, type Recording } from './end-drifts.ts';

/** What came and what went. */
export interface Difference {
  readonly came: readonly TargetName[];
  readonly went: readonly TargetName[];
}

/** Targets that are gone of which is kept what is stored; an accepted baseline beside them is kept always (decision record 0080). */
export const mostGone = 1000;

/** Recording, with who is observed at this moment: what is forgotten takes a while, and a target may come back meanwhile. */
export interface Forgetting extends Recording {
  readonly isObserved: (target: TargetName) => boolean;
}

/** Forgets the oldest of too many targets that are gone; one whose drift is open only behind all others, and after its end is told. */
export async function forgetOldest(recording: Forgetting, most = mostGone): Promise<void> {
  const { store, report, isObserved } = recording;
  const gone = goneTargets(store.state.path).filter((one) => !isObserved(one));
  if (gone.length <= most) return;
  const open = new Set(gone.filter((one) => hasOpenDrift(store.state.path, one)));
  const order = [...gone.filter((one) => !open.has(one)), ...open].slice(0, gone.length - most);
  const forgotten: string[] = [];
  for (const target of order) {
    // What came back waits for its mark to be taken away; nothing of it is anybody's to forget, and its drift goes on.
    if (isObserved(target) || goneSince(store.state.path, target) === undefined) continue;
    try {
      const why = `the target is gone, and more than ${most} that are gone are known`;
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
    `forgotten, for more than ${most} targets are gone: ${names.join(', ')}${forgotten.length > names.length ? ` and ${forgotten.length - names.length} more` : ''}`,
  );
}

/** Of several of these writes for one target the last is done. */
const placeOf = (target: TargetName) => `place of ${storeKey(target)}`;

/** Notes which targets are gone and which are observed: whoever is observed when the exporter ends has its place at the next start. */
export async function recordDirectories(store: Store, { came, went }: Difference, now: Clock): Promise<void> {
  const { state } = store;
  for (const one of went) await store.replace(placeOf(one), () => markGone(state, one, now()));
  for (const one of came)
    if (goneSince(state.path, one) !== undefined || store.waits(placeOf(one)))
      await store.replace(placeOf(one), () => unmarkGone(state, one));
}

/** So many more may go before it is looked whether there are too many. */
const goneBetween = 100;

/** Follows what comes and goes, one difference after the other: {@link recordDirectories}, and at times {@link forgetOldest}. */
export function followDirectories(recording: Forgetting): (difference: Difference) => Promise<void> {
  const serial = createSerial();
  let gone = 0;
  const follow = async (difference: Difference) => {
    await recordDirectories(recording.store, difference, recording.now);
    gone += difference.went.length;
    if (gone < goneBetween) return;
    gone = 0;
    await forgetOldest(recording);
  };
  return (difference) => serial(() => follow(difference)).catch((error) => recording.report(String(error)));
}
