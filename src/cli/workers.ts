/** The workers of an exporter as the program has them: it starts their threads, and answers what they ask. */

import type { Machine } from '../host/machine.ts';
import { liveQuestions, recordTrace } from '../host/read-trace.ts';
import { startThread } from '../host/threads.ts';
import type { AskedCache } from '../observe/cache/auditors.ts';
import type { AskedTree } from '../observe/toolchain-digest.ts';
import type { News, StartWorker, WorkerJob } from '../observe/worker-messages.ts';
import type { GoFolders } from '../store/go-folders.ts';
import type { InspectionAudits } from './audits.ts';

/** What a worker is made of: plain data, for it crosses into a thread. */
export interface WorkerSetup {
  readonly stateDirectory: string;
  readonly machine: Machine;
  readonly whitelist: readonly string[];
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Without them no go is started. */
  readonly goFolders?: GoFolders;
  /** Of this host: whether a secret changed is told by a keyed hash. */
  readonly secretKey: Uint8Array;
}

/** What a worker asks the program while it looks at a target. */
export type Question =
  | { readonly of: 'cache'; readonly target: string; readonly cache: AskedCache }
  | { readonly of: 'digest'; readonly target: string; readonly tree: AskedTree };

/** The answer, and what of it a later look would ask for again: by name, as one text. */
export interface Answer<T> {
  readonly value: T;
  readonly live: Readonly<Record<string, string>>;
}

/** Heap of a thread in MiB. The largest repositories that we know need 120. */
const heapMb = 512;

/** Starts workers, and knows what the program told them. */
export interface Workers {
  readonly start: StartWorker;
  /** What the program knows now of what these targets asked for when they were looked at last, by the name of the question; each is asked once. */
  readonly live: (targets: readonly string[]) => Readonly<Record<string, string>>;
}

/** Makes the workers of an exporter; each is a thread, where threads can be had. */
export function makeWorkers(setup: WorkerSetup, audits: InspectionAudits): Workers {
  const asked = new Map<string, Map<string, () => string>>();

  async function answer(question: Question): Promise<Answer<unknown>> {
    const { value, trace } = await recordTrace<unknown>(() =>
      question.of === 'cache' ? audits.cache(question.cache) : audits.digest(question.tree),
    );
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
