/** The thread that observes a target for a rollback (observing.ts). */
import { serveThread, threadData } from '../../host/threads.ts';
import { type Observing, type ObservingJob, observeHere } from './observing.ts';

serveThread(() => (job: ObservingJob) => observeHere(threadData<Observing>(), job));
