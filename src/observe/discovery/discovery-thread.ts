/** The thread that searches for targets. */
import { serveThread, threadData } from '../../host/threads.ts';
import { createFinder, type FinderSetup, type Question } from './finder.ts';

serveThread((program) => {
  const finder = createFinder(threadData<FinderSetup>(), () => program.tell(true));
  return ({ what, observed }: Question) => finder[what](observed);
});
