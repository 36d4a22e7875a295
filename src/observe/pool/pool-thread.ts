/** A thread of the worker pool. */
import { serveThread } from '../../host/threads.ts';
import { doJob } from './pool-jobs.ts';

serveThread(() => doJob);
