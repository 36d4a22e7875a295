/** Entry of the audit's threads; bundled into a file of its own. */
import { answerJobs } from '../../host/workers.ts';
import { doAuditJob } from './jobs.ts';

answerJobs(doAuditJob);
