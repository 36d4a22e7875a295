/** Work that many ask for at once and that is done once for all of them. */

/** Makes one thing at a time: all who ask while one is made share the next, which begins after they asked. */
export function shared<T>(make: () => Promise<T>): () => Promise<T> {
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
