/**
 * Time limits for stopping `godrift serve`: service managers and people wait for the stop, and parts of it
 * may hang.
 */

/** Limits in ms; together they stay below the promised three seconds (docs/deployment.md). */
export const stopLimits = {
  /** The last pass. */
  last: 700,
  /** The pass under way. */
  loop: 400,
  /** Ending the threads of the audits. */
  audits: 300,
  /**
   * A rollback under way, in parallel to the steps below, so that it need not be undone and begun again.
   * Counts from the end of the last pass.
   */
  changes: 1_500,
  /** Sending the last spans. */
  outbox: 800,
  /** Waiting writes, and closing the journal. */
  store: 400,
  /** The process exits after this time, whatever still runs. */
  exit: 2_700,
} as const;

/**
 * Waits for `work` for at most `limitMs`. Resolves to whether the work has ended, successfully or not; never
 * rejects.
 */
export async function within(limitMs: number, work: Promise<unknown>): Promise<boolean> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<false>((resolve) => {
    limit = setTimeout(() => resolve(false), limitMs);
  });
  const ended = work.then(
    () => true,
    () => true,
  );
  const inTime = await Promise.race([ended, late]);
  clearTimeout(limit);
  return inTime;
}
