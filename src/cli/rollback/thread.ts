/** The thread of one look for a rollback (looking.ts). */
import { serveThread, threadData } from '../../host/threads.ts';
import { type Looking, type LookingJob, lookHere } from './looking.ts';

serveThread(() => (job: LookingJob) => lookHere(threadData<Looking>(), job));
