/**
 * Proof that changes are still announced: each minute a small file is made in the state directory and removed, which the threads that watch see as they
 * see any change (`godrift_watch_canary_last_seen_timestamp_seconds`). A watcher that went deaf otherwise looks like a host on which nothing happens;
 * its thread is replaced (observe/loop/runners.ts).
 */
import type { Clock } from '../../host/machine.ts';
import type { Cancel, SetTimer } from '../../host/timer.ts';
import { probeState, type StateDirectory } from '../../store/state-directory.ts';

/** Often enough to be told within five minutes, and no burden for a disk. */
export const canaryEveryMs = 60_000;

/** The file that is changed. */
export interface Canary {
  /** When it was changed last, ms since the epoch; undefined before the first time. */
  readonly changed: () => number | undefined;
  readonly stop: () => void;
}

/** Changes it each minute until it is stopped. Where nothing can be written, `retry` of the store tries, and this waits for it. */
export function keepCanary(state: StateDirectory, timer: SetTimer, clock: Clock): Canary {
  let stopped = false;
  let changed: number | undefined;
  let cancel: Cancel = () => {};
  const change = async () => {
    const before = clock();
    if (await probeState(state)) changed = before;
  };
  const next = () => {
    if (stopped) return;
    cancel = timer(canaryEveryMs, () => {
      if (state.writable) void change().then(next, next);
      else next();
    });
  };
  next();
  return {
    changed: () => changed,
    stop: () => {
      stopped = true;
      cancel();
    },
  };
}
