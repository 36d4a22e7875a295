/** Timers as a function that is passed in, so that a test can control the clock. */

/** Cancels a timer; does nothing if it has already fired. */
export type Cancel = () => void;
/** Calls `run` once, `ms` milliseconds from now. */
export type SetTimer = (ms: number, run: () => void) => Cancel;

/** Timers of this process. */
export const systemTimer: SetTimer = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};
