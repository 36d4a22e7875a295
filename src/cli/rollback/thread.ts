/** The thread of one look for a rollback (looking.ts). */
import { serveThread, threadData } from '../../host/threads.ts';
import { type Observing, type ObservingJob, observeHere } from './observing.ts';

serveThread(() => (job: ObservingJob) => observeHere(threadData<Observing>(), job));
