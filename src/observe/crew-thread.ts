/** A thread of the crew: does the jobs that it is sent. */
import { serveThread } from '../host/threads.ts';
import { doJob } from './crew-jobs.ts';

serveThread(() => doJob);
