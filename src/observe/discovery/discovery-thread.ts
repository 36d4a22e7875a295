/** The thread that searches for targets. */
import { serveThread, threadData } from '../../host/threads.ts';
import { createFinder, type FinderRequest, type FinderSetup } from './finder.ts';

serveThread((program) => {
  const finder = createFinder(threadData<FinderSetup>(), () => program.tell(true));
  return ({ what, observed }: FinderRequest) => finder[what](observed);
});
