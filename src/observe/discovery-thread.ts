/** A thread that looks for targets. */
import { serveThread, threadData } from '../host/threads.ts';
import { createFinder, type FinderSetup } from './discovery/finder.ts';

serveThread((program) => {
  const finder = createFinder(threadData<FinderSetup>(), () => program.tell(true));
  return (observed: readonly string[]) => finder.find(observed);
});
