/** Work that may take only a share of a core: it sleeps in proportion to what it did. For threads of their own, which may block. */

/** Called between small pieces of work. */
export type Pace = () => void;

/** Never sleeps. */
export const fullPace: Pace = () => {};

/** Shorter pieces are saved up: sleeping costs a system call and a timer each. */
const sliceMs = 4;
/** No piece of work takes more of a core than this; what a slice lasted beyond it was waiting, for the disk or for a core. */
const longestMs = 12;

/** A pace of `share` of a core (0 to 1). What counts is the time that passed at work, which is no less than the CPU time. */
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
