/** The main thread's side of an exporter's workers: it starts their threads and answers their questions. */

import type { BuildTable } from '../host/build-table.ts';
import { liveQuestions, recordTrace, traceQuestion } from '../host/read-trace.ts';
import { startThread } from '../host/threads.ts';
import type { News, StartWorker, WorkerJob } from '../observe/loop/worker-messages.ts';
import type { InspectionAudits } from './audits.ts';
import type { Answer, Question, WorkerSetup } from './worker-setup.ts';

/** Heap of a thread in MiB. The largest repositories that we know need 120. */
const heapMb = 512;

/** Starts workers, and keeps track of the answers that they were given. */
export interface Workers {
  readonly start: StartWorker;
  /**
   * Returns the current answers to the live questions of the last observation of these targets, by the name
   * of the question. Each question is asked once.
   */
  readonly live: (targets: readonly string[]) => Readonly<Record<string, string>>;
}

/** Makes the workers of an exporter. Each runs in a thread, or in this one if threads are not available. */
export function makeWorkers(setup: WorkerSetup, audits: InspectionAudits, builds: BuildTable): Workers {
  const asked = new Map<string, Map<string, () => string>>();

  async function ask(question: Question): Promise<unknown> {
    if (question.of === 'cache') return await audits.cache(question.cache);
    if (question.of === 'digest') return await audits.digest(question.tree);
    const { query } = question;
    const mark = () => builds.mark(query);
    traceQuestion(`build ${JSON.stringify(query)}`, mark(), mark);
    return builds.newest(query);
  }

  async function answer(question: Question): Promise<Answer<unknown>> {
    const { value, trace } = await recordTrace<unknown>(() => ask(question));
    const questions = asked.get(question.target) ?? new Map<string, () => string>();
    asked.set(question.target, questions);
    const live: Record<string, string> = {};
    for (const { name, then, now } of liveQuestions(trace)) {
      live[name] = then;
      questions.set(name, now);
    }
    return { value, live };
  }

  return {
    live(targets) {
      const answers: Record<string, string> = {};
      for (const target of targets)
        for (const [name, now] of asked.get(target) ?? []) answers[name] ??= now();
      return answers;
    },
    start(onNews) {
      const thread = startThread('pass', { data: setup, onAsk: answer, onTell: onNews, heapMb });
      const forget = (job: WorkerJob) => {
        if (job.kind === 'look') asked.delete(job.settings.name);
        if (job.kind === 'forget') for (const name of job.names) asked.delete(name);
      };
      if (thread !== undefined)
        return {
          alive: thread.alive,
          run: (job) => {
            forget(job);
            return thread.run(job);
          },
          stop: thread.stop,
        };
      const here = import('./pass-worker.ts').then(({ makeWorker }) =>
        makeWorker(setup, {
          ask: async <Q, A>(question: Q) => (await answer(question as Question)) as A,
          tell: <N>(news: N) => onNews(news as News),
        }),
      );
      return {
        alive: () => true,
        run: async (job) => {
          forget(job);
          return await (await here).handle(job);
        },
        stop: async () => (await here).close(),
      };
    },
  };
}
