/** Work that must not overlap: what writes one file, or makes one page, is done one piece after the other. */

/** Does what it is given one after the other, in the order of the calls; what fails is the caller's, and the next is done all the same. */
export type Serial = <T>(work: () => Promise<T>) => Promise<T>;

/** A queue of its own. To wait until it has nothing to do, give it nothing to do. */
export function createSerial(): Serial {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}
