/** Coalesces concurrent requests for the same work. */

/**
 * Runs `make` once at a time. All calls made during a run share the next one, which starts after they were
 * made.
 */
export function coalesce<T>(make: () => Promise<T>): () => Promise<T> {
  let running: Promise<unknown> | undefined;
  let next: Promise<T> | undefined;
  return () => {
    next ??= (running ?? Promise.resolve()).then(() => {
      next = undefined;
      const made = make();
      const settled = made.then(
        () => {},
        () => {},
      );
      running = settled;
      return made;
    });
    return next;
  };
}
