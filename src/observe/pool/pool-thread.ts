/** A thread of the worker pool: does the jobs that it is sent. */
import { serveThread } from '../../host/threads.ts';
import { doJob } from './pool-jobs.ts';

serveThread(() => doJob);
