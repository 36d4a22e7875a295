/** The thread in which an exporter observes targets; creates its worker. */
import { serveThread, threadData } from '../host/threads.ts';
import { makeWorker } from './pass-worker.ts';
import type { WorkerSetup } from './worker-setup.ts';

serveThread((program) => {
  const worker = makeWorker(threadData<WorkerSetup>(), program);
  return (job: never) => worker.handle(job);
});
