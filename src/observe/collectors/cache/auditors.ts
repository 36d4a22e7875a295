/**
 * The cache audits of an exporter: one for each build cache, however many targets use it. They run in the
 * background, round after round, at a share of a core. Ledgers are stored through the ports.
 */
import type { CacheContent } from '../../../drift/facets/cache.ts';
import { traceQuestion } from '../../../host/read-trace.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { type CacheAudit, type CacheDirectory, createAudit } from './audit.ts';
import type { Ledger } from './ledger.ts';
import type { Builder } from './scan.ts';

/** A query about a build cache. */
export interface CacheQuery {
  /** The path of the cache, as `go` names it; another directory may appear there later. */
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

/** Returns what is known of a cache, and keeps its audit running. */
export type AskCache = (cache: CacheQuery) => Promise<CacheVerdict>;

export interface AuditorPorts {
  readonly clock: () => number;
  /** Monotonic clock, ms, for durations. */
  readonly steady: () => number;
  /** Returns the time between passes, ms. */
  readonly everyMs: () => number;
  readonly workerPool: WorkerPool;
  readonly load: (place: string) => Promise<Ledger | undefined>;
  readonly save: (place: string, ledger: Ledger) => Promise<void>;
  readonly publish: (place: string, identity: string, content: CacheContent) => Promise<void>;
  readonly retract: (place: string) => Promise<void>;
  /** Called when findings changed and the targets should be observed again. */
  readonly changed: () => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface Auditors {
  readonly ask: AskCache;
  /** Starts every resting round at once, for a user who changed a cache and waits for the result. */
  again(): void;
  stop(): Promise<void>;
}

/**
 * Number of passes for each round. Changes of contents send no events, and starting a round costs as much as
 * a pass.
 */
const passesARound = 4;
/**
 * The pause is at least this many times the working time of a scan; the scan itself already runs at a share
 * of a core.
 */
const restFactor = 10;
const shortestRestMs = 250;
const settleLimit = 3;
/**
 * Shortest time between two progress reports, ms: each one causes an observation of all targets of the cache.
 */
const progressMs = 30_000;
/** Shortest time between two saves of a changed ledger, ms; what a crash loses is read again. */
const saveMs = 5 * 60_000;
/** Time after which the audit of a cache ends if no target queries it. */
const interestMs = 10 * 60_000;
const retryMs = 60_000;

/**
 * Resolution of the audit times in states, since a state is renewed only when something changes. The times
 * matter in half days.
 */
const timesMs = 60 * 60_000;

/** Returns the findings as text, without the times of the audit. */
function shownOf(content: CacheContent): string {
  const { auditedAt: _, fullySince: __, ...shown } = content;
  return JSON.stringify(shown);
}

/** Returns, as one text, what a state shows of a verdict. */
function markOf({ content, progress, why }: CacheVerdict): string {
  if (content === undefined) return `${why ?? ''} ${progress ?? ''}`;
  return `${Math.floor(content.auditedAt / timesMs)} ${shownOf(content)}`;
}

/** Returns, as one text, the findings that must be reported at once. */
function findingsOf({ content }: CacheVerdict): string {
  if (content === undefined) return '';
  const { corrupt, irregular, rebound, corruptCount, reboundCount, foreignCount } = content;
  return JSON.stringify([corruptCount, reboundCount, foreignCount > 0, corrupt, irregular, rebound]);
}

/** The connection between an auditor and its owner. */
interface Life {
  /** Reports whether the program is ending. */
  readonly stopped: () => boolean;
  /** Called when the audit ends for lack of queries; a later query starts another auditor. */
  readonly over: () => void;
}

/** Audits one cache, round after round, until no target queries it or the program ends. */
class Auditor {
  readonly #ports: AuditorPorts;
  readonly #life: Life;
  #cache: CacheQuery;
  #verdict: CacheVerdict = { why: 'the first audit begins', progress: 0 };
  #askedAt: number;
  #savedAt = Number.NEGATIVE_INFINITY;
  /** The content published last, as one text. */
  #published = '';
  /** True if the stored ledger is out of date. */
  #learned = false;
  #wake: () => void = () => {};
  #done: Promise<void> = Promise.resolve();

  constructor(cache: CacheQuery, ports: AuditorPorts, life: Life) {
    this.#cache = cache;
    this.#ports = ports;
    this.#life = life;
    this.#askedAt = ports.steady();
  }

  /** Returns what is known now; observations that used the answer are repeated when it changes. */
  ask(cache: CacheQuery): CacheVerdict {
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

  /** Ends the current pause. */
  wake(): void {
    this.#wake();
  }

  start(): void {
    this.#done = this.#run();
  }

  /** Resolves when the audit has ended. */
  done(): Promise<void> {
    return this.#done;
  }

  /** Audits until the end; a failed round is retried later. */
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
      // At its share, the worker pool worked only for a part of that time.
      await this.#sleep(Math.max(passesARound * everyMs(), lookedMs * workerPool.share * restFactor));
    }
    if (ledger !== undefined) await this.#save(ledger);
  }

  /**
   * Runs one round, then reads suspect outputs until they can be judged. Returns the duration of the scan, in
   * ms.
   */
  async #round(audit: CacheAudit, cache: CacheQuery): Promise<number> {
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

  /** Reports the findings of a round and stores them if they changed: an idle exporter writes nothing. */
  async #found({ directory, place }: CacheQuery, content: CacheContent): Promise<void> {
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

/** Creates the audits of a process; each starts when its cache is first queried. */
export function createAuditors(ports: AuditorPorts): Auditors {
  const auditors = new Map<string, Auditor>();
  let stopped = false;

  function start(cache: CacheQuery): Auditor {
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
      // Stopping a thread fails its jobs, and with them the round.
      await ports.workerPool.stop();
      await Promise.allSettled([...auditors.values()].map((auditor) => auditor.done()));
    },
  };
}
