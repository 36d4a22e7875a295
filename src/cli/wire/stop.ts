/** Ending `godrift serve` in time: service managers and people wait for it, and what it waits for may hang. */

/** Limits in ms, together below the three seconds that are promised (docs/deployment.md). */
export const stopLimits = {
  /** One more look. */
  last: 700,
  /** The pass that runs. */
  loop: 400,
  /** The audits, whose threads are ended. */
  audits: 300,
  /** From the end of the last look on, beside what follows: a rollback that has begun, so that it need not be undone and begun anew. */
  changes: 1_500,
  /** The last spans. */
  outbox: 800,
  /** What waits for the disk, and the journal. */
  store: 400,
  /** When the process is ended, whatever still runs. */
  exit: 2_700,
} as const;

/** Waits for work, but not longer than `limitMs`; what fails has ended too. Resolves to whether it has ended. */
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
