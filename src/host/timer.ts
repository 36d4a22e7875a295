/** Timers as a function that is passed in, so that a test can turn the clock. */

/** Takes a timer back; no harm when it has run. */
export type Cancel = () => void;
/** Runs something once, `ms` from now. */
export type SetTimer = (ms: number, run: () => void) => Cancel;

/** Timers of this process. */
export const systemTimer: SetTimer = (ms, run) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};
