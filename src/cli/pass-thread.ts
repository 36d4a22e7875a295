/** A thread that looks at targets for an exporter: what its worker needs is wired here. */
import { serveThread, threadData } from '../host/threads.ts';
import { makeWorker } from './pass-worker.ts';
import type { WorkerSetup } from './worker-setup.ts';

serveThread((program) => {
  const worker = makeWorker(threadData<WorkerSetup>(), program);
  return (job: never) => worker.handle(job);
});
