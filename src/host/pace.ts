/**
 * Limits work to a share of a core by sleeping in proportion to the time worked. For dedicated threads, which
 * may block.
 */

/** Called between small pieces of work; may sleep. */
export type Pace = () => void;

/** Never sleeps. */
export const fullPace: Pace = () => {};

/** Shortest slice of work before a sleep, ms: each sleep costs a system call and a timer. */
const sliceMs = 4;
/** Longest slice that counts as work, ms; the rest was waiting for the disk or a core. */
const longestMs = 12;

/** Returns a pace for a share of a core (0 to 1). Elapsed time counts, which is at least the CPU time. */
export function paceOf(share: number): Pace {
  if (share >= 1) return fullPace;
  const never = new Int32Array(new SharedArrayBuffer(4));
  let since = performance.now();
  return () => {
    const busy = performance.now() - since;
    if (busy < sliceMs) return;
    Atomics.wait(never, 0, 0, Math.min(busy, longestMs) * (1 / share - 1));
    since = performance.now();
  };
}
