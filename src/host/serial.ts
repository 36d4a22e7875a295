/** Runs asynchronous work that must not overlap, such as writing one file, one piece after the other. */

/**
 * Runs `work` after all earlier work. A failure rejects the caller's promise only; later work runs all the
 * same.
 */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>;

/** Creates an independent queue. To wait until it is idle, queue an empty function. */
export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
