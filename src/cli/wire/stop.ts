/** Ending `godrift serve` in time: service managers and people wait for it, and what it waits for may hang. */

/** Limits in ms, together below the three seconds that are promised (docs/deployment.md). */
export const stopLimits = {
  /** The pass that runs. */
  loop: 1_000,
  /** The audits, whose threads are ended. */
  audits: 300,
  /** The last spans. */
  outbox: 800,
  /** What waits for the disk, and the journal. */
  store: 400,
  /** When the process is ended, whatever still runs. */
  exit: 2_700,
} as const;

/** Waits for work, but not longer than `limitMs`; what fails has ended too. */
export async function within(limitMs: number, work: Promise<unknown>): Promise<void> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => {
    limit = setTimeout(resolve, limitMs);
  });
  await Promise.race([work.catch(() => {}), late]);
  clearTimeout(limit);
}
