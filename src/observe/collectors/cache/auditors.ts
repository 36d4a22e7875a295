/**
 * The audits of an exporter: one for each build cache, whoever of its targets asks, round after round in the background at a share of a core.
 * What they remember is stored by the functions that they are given.
 */
import type { CacheContent } from '../../../drift/facets/cache.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { type CacheAudit, type CacheDirectory, createAudit } from './audit.ts';
import type { Ledger } from './ledger.ts';
import type { Builder } from './scan.ts';

/** A cache that somebody asks about. */
export interface AskedCache {
  /** Where it is for go; the same place may come to lead to another directory. */
  readonly place: string;
  readonly directory: CacheDirectory;
  readonly builder: Builder;
}

/** What is known of a cache now. `progress` is that of the first round, 0 to 1. */
export interface CacheVerdict {
  readonly content?: CacheContent;
  readonly progress?: number;
  readonly why?: string;
}

/** Answers what is known of a cache, and sees to it that more will be. */
export type AskCache = (cache: AskedCache) => Promise<CacheVerdict>;

export interface AuditorPorts {
  readonly clock: () => number;
  /** For how long something takes; the clock of dates may be set. */
  readonly steady: () => number;
  /** The time between passes, in ms. */
  readonly everyMs: () => number;
  readonly workerPool: WorkerPool;
  readonly load: (place: string) => Promise<Ledger | undefined>;
  readonly save: (place: string, ledger: Ledger) => Promise<void>;
  readonly publish: (place: string, identity: string, content: CacheContent) => Promise<void>;
  readonly retract: (place: string) => Promise<void>;
  /** Findings changed: the targets should be looked at now. */
  readonly changed: () => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Auditors {
  readonly ask: AskCache;
  /** Begins every round that rests, because somebody changed a cache and wants to be told. */
  again(): void;
  stop(): Promise<void>;
}

/** Rounds are made for every so many passes: a change of content is no announced one, and to begin a round costs as much as a pass. */
const passesARound = 4;
/** Rounds rest at least ten times as long as they work at looking, which is slow already at their share of a core. */
const restFactor = 10;
const shortestRestMs = 250;
const settleLimit = 3;
/** Progress is told this often: each time every target of the cache is looked at anew. */
const progressMs = 30_000;
/** A ledger is stored when it changed, at most this often: what a crash loses is read again. */
const saveMs = 5 * 60_000;
/** A cache that no target asks about any more is left alone after this. */
const interestMs = 10 * 60_000;
const retryMs = 60_000;

/** States show times of an audit that are at most this old, for a state is made anew only when something changed. A time counts in half days. */
const timesMs = 60 * 60_000;

/** What was found, without the times of finding it. */
function shownOf(content: CacheContent): string {
  const { auditedAt: _, fullySince: __, ...shown } = content;
  return JSON.stringify(shown);
}

/** What of a verdict a state shows, as one text. */
function markOf({ content, progress, why }: CacheVerdict): string {
  if (content === undefined) return `${why ?? ''} ${progress ?? ''}`;
  return `${Math.floor(content.auditedAt / timesMs)} ${shownOf(content)}`;
}

/** What somebody must be told of at once. */
function findingsOf({ content }: CacheVerdict): string {
  if (content === undefined) return '';
  const { corrupt, irregular, rebound, corruptCount, reboundCount, foreignCount } = content;
  return JSON.stringify([corruptCount, reboundCount, foreignCount > 0, corrupt, irregular, rebound]);
}

/** What the auditor of one cache is told by those that started it, and tells them. */
interface Life {
  /** Whether the program ends. */
  readonly stopped: () => boolean;
  /** Nobody asks about the cache any more: whoever does from now on starts another auditor. */
  readonly over: () => void;
}

/** The audit of one cache, round after round, until nobody asks about it or the program ends. */
class Auditor {
  readonly #ports: AuditorPorts;
  readonly #life: Life;
  #cache: AskedCache;
  #verdict: CacheVerdict = { why: 'the first audit begins', progress: 0 };
  #askedAt: number;
  #savedAt = Number.NEGATIVE_INFINITY;
  /** What was published last, as one text. */
  #published = '';
  /** Something was learned that the stored ledger does not hold. */
  #learned = false;
  #wake: () => void = () => {};
  #done: Promise<void> = Promise.resolve();

  constructor(cache: AskedCache, ports: AuditorPorts, life: Life) {
    this.#cache = cache;
    this.#ports = ports;
    this.#life = life;
    this.#askedAt = ports.steady();
  }

  /** What is known now; whatever looks at it is looked at anew when that changes. */
  ask(cache: AskedCache): CacheVerdict {
    const swapped = this.#cache.directory.identity !== cache.directory.identity;
    this.#cache = cache;
    if (swapped) this.wake();
    traceQuestion(`cache ${cache.place}`, markOf(this.#verdict), () => {
      this.#askedAt = this.#ports.steady();
      return markOf(this.#verdict);
    });
    this.#askedAt = this.#ports.steady();
    return this.#verdict;
  }

  /** Ends its rest. */
  wake(): void {
    this.#wake();
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Resolves when it is over. */
  done(): Promise<void> {
    return this.#done;
  }

  /** Audits until it is over; a round that fails is tried again later. */
  async #run(): Promise<void> {
    while (!this.#life.stopped()) {
      try {
        await this.#rounds();
        break;
      } catch (error) {
        if (this.#life.stopped()) return;
        const why = error instanceof Error ? error.message : String(error);
        this.#ports.log('the audit of a build cache failed', { cache: this.#cache.place, error: why });
        this.#take({ why: `the audit failed: ${why}` });
        await this.#sleep(retryMs);
      }
    }
    this.#life.over();
    if (!this.#life.stopped()) await this.#ports.retract(this.#cache.place);
  }

  async #rounds(): Promise<void> {
    const { clock, steady, workerPool, everyMs, load } = this.#ports;
    let ledger = await load(this.#cache.place);
    while (!this.#life.stopped() && steady() - this.#askedAt < interestMs) {
      const cache = this.#cache;
      const audit = createAudit(cache.directory, cache.builder, workerPool, clock, ledger);
      ledger = audit.ledger;
      const lookedMs = await this.#round(audit, cache);
      if (steady() - this.#savedAt >= saveMs) await this.#save(ledger);
      // At its share the worker pool worked a part of that time only.
      await this.#sleep(Math.max(passesARound * everyMs(), lookedMs * workerPool.share * restFactor));
    }
    if (ledger !== undefined) await this.#save(ledger);
  }

  /** One round, and what is suspect read again until it can be judged; answers how long it looked before it read, in ms. */
  async #round(audit: CacheAudit, cache: AskedCache): Promise<number> {
    const { steady } = this.#ports;
    const began = steady();
    let looked = began;
    let toldAt = began;
    const content = await audit.round({
      onScanned: () => {
        looked = steady();
      },
      onProgress: ({ bytes, allBytes }) => {
        this.#learned = true;
        if (this.#verdict.content !== undefined || steady() - toldAt < progressMs) return;
        toldAt = steady();
        this.#take({ progress: allBytes === 0 ? 1 : bytes / allBytes, why: 'the first audit runs' });
      },
    });
    await this.#found(cache, content);
    for (let again = 0; again < settleLimit && !this.#life.stopped(); again++) {
      const wait = audit.settlingMs();
      if (wait === undefined) break;
      await this.#sleep(Math.max(shortestRestMs, wait));
      await this.#found(cache, await audit.settle());
    }
    return looked - began;
  }

  /** Tells what a round found to whoever looks, and stores it. What stays as it is is not written again: an idle exporter writes nothing. */
  async #found({ directory, place }: AskedCache, content: CacheContent): Promise<void> {
    this.#take({ content });
    const shown = `${directory.identity} ${shownOf(content)}`;
    if (shown === this.#published) return;
    this.#published = shown;
    this.#learned = true;
    await this.#ports.publish(place, directory.identity, content);
  }

  #take(verdict: CacheVerdict): void {
    const before = this.#verdict;
    this.#verdict = verdict;
    const first = before.content === undefined && verdict.content !== undefined;
    if (first || findingsOf(verdict) !== findingsOf(before)) this.#ports.changed();
  }

  async #save(ledger: Ledger): Promise<void> {
    if (!this.#learned) return;
    this.#learned = false;
    this.#savedAt = this.#ports.steady();
    await this.#ports.save(this.#cache.place, ledger);
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

/** Makes the audits of a process; each starts when its cache is asked about first. */
export function createAuditors(ports: AuditorPorts): Auditors {
  const auditors = new Map<string, Auditor>();
  let stopped = false;

  function start(cache: AskedCache): Auditor {
    const { place } = cache;
    const auditor = new Auditor(cache, ports, {
      stopped: () => stopped,
      over: () => auditors.delete(place),
    });
    auditors.set(place, auditor);
    auditor.start();
    return auditor;
  }

  return {
    ask: async (cache) => (auditors.get(cache.place) ?? start(cache)).ask(cache),
    again() {
      for (const auditor of auditors.values()) auditor.wake();
    },
    async stop() {
      stopped = true;
      for (const auditor of auditors.values()) auditor.wake();
      // A thread that is stopped fails its jobs, and with them the round.
      await ports.workerPool.stop();
      await Promise.allSettled([...auditors.values()].map((auditor) => auditor.done()));
    },
  };
}
