/**
 * Proof that changes are still announced: each minute a small file is made in the state directory and removed, which the threads that watch see as they
 * see any change (`godrift_watch_canary_last_seen_timestamp_seconds`). A watcher that went deaf otherwise looks like a host on which nothing happens.
 */
import type { Cancel, SetTimer } from '../../host/timer.ts';
import { probeState, type StateDirectory } from '../../store/state-directory.ts';

/** Often enough to be told within five minutes, and no burden for a disk. */
export const canaryEveryMs = 60_000;

/** Goes on until the answer is called. Where nothing can be written, `retry` of the store tries, and this waits for it. */
export function keepCanary(state: StateDirectory, timer: SetTimer): Cancel {
  let stopped = false;
  let cancel: Cancel = () => {};
  const next = () => {
    if (stopped) return;
    cancel = timer(canaryEveryMs, () => {
      if (state.writable) void probeState(state).then(next, next);
      else next();
    });
  };
  next();
  return () => {
    stopped = true;
    cancel();
  };
}
