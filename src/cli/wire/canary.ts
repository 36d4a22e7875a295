/**
 * A canary for the file watchers: once a minute a small file is created in the state directory and removed,
 * and the watching threads must notice (`godrift_watch_canary_last_seen_timestamp_seconds`). Without it a
 * watcher that lost its events looks like a host on which nothing changes. The thread of a watcher that
 * misses the canary is replaced (observe/loop/runners.ts).
 */
import type { Clock } from '../../host/machine.ts';
import type { Cancel, SetTimer } from '../../host/timer.ts';
import { probeState, type StateDirectory } from '../../store/state-directory.ts';

/** Time between two canaries, ms: short enough for an alert within five minutes, and no burden for a disk. */
export const canaryEveryMs = 60_000;

/** The canary file. */
export interface Canary {
  /** Returns when the file was last written, ms since the epoch; undefined before the first write. */
  readonly changed: () => number | undefined;
  readonly stop: () => void;
}

/**
 * Writes the canary file once a minute until stopped. While the state directory is not writable this waits:
 * probing for recovery is left to `retry` of the store.
 */
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
