/**
 * The audits of an exporter: one for each build cache, whoever of its targets asks, round after round in the background at a share of a core.
 * What they remember is stored by the functions that they are given.
 */
import type { CacheContent } from '../../drift/facets/cache.ts';
import { noteLive } from '../../host/look.ts';
import type { Crew } from '../crew.ts';
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
  /** The time between passes, in ms. */
  readonly everyMs: () => number;
  readonly crew: Crew;
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

interface Auditor {
  cache: AskedCache;
  verdict: CacheVerdict;
  askedAt: number;
  savedAt: number;
  /** What was published last, as one text. */
  published: string;
  /** Something was learned that the stored ledger does not hold. */
  learned: boolean;
  wake: () => void;
  done: Promise<void>;
}

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

/** Makes the audits of a process; each starts when its cache is asked about first. */
export function createAuditors(ports: AuditorPorts): Auditors {
  const auditors = new Map<string, Auditor>();
  let stopped = false;

  function sleep(one: Auditor, ms: number): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, ms);
      timer.unref();
      one.wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }

  function take(one: Auditor, verdict: CacheVerdict): void {
    const before = findingsOf(one.verdict);
    const first = one.verdict.content === undefined && verdict.content !== undefined;
    one.verdict = verdict;
    if (first || findingsOf(verdict) !== before) ports.changed();
  }

  /** One round, and what is suspect read again until it can be judged; answers how long it looked before it read, in ms. */
  async function roundOf(one: Auditor, audit: CacheAudit, told: (content: CacheContent) => Promise<void>) {
    const began = performance.now();
    let looked = began;
    let toldAt = ports.clock();
    await told(
      await audit.round({
        onScanned: () => {
          looked = performance.now();
        },
        onProgress: ({ bytes, allBytes }) => {
          one.learned = true;
          if (one.verdict.content !== undefined || ports.clock() - toldAt < progressMs) return;
          toldAt = ports.clock();
          take(one, { progress: allBytes === 0 ? 1 : bytes / allBytes, why: 'the first audit runs' });
        },
      }),
    );
    for (let again = 0; again < settleLimit && !stopped; again++) {
      const wait = audit.settlingMs();
      if (wait === undefined) break;
      await sleep(one, Math.max(shortestRestMs, wait));
      await told(await audit.settle());
    }
    return looked - began;
  }

  /** Tells what a round found to whoever looks, and stores it. What stays as it is is not written again: an idle exporter writes nothing. */
  async function tell(one: Auditor, { directory, place }: AskedCache, content: CacheContent): Promise<void> {
    take(one, { content });
    const shown = `${directory.identity} ${shownOf(content)}`;
    if (shown === one.published) return;
    one.published = shown;
    one.learned = true;
    await ports.publish(place, directory.identity, content);
  }

  async function save(one: Auditor, ledger: Ledger): Promise<void> {
    if (!one.learned) return;
    one.learned = false;
    one.savedAt = ports.clock();
    await ports.save(one.cache.place, ledger);
  }

  async function rounds(one: Auditor): Promise<void> {
    let ledger = await ports.load(one.cache.place);
    while (!stopped && ports.clock() - one.askedAt < interestMs) {
      const { cache } = one;
      const audit = createAudit(cache.directory, cache.builder, ports.crew, ports.clock, ledger);
      ledger = audit.ledger;
      const lookedMs = await roundOf(one, audit, (content) => tell(one, cache, content));
      if (ports.clock() - one.savedAt >= saveMs) await save(one, ledger);
      // At its share the crew worked a part of that time only.
      await sleep(one, Math.max(passesARound * ports.everyMs(), lookedMs * ports.crew.share * restFactor));
    }
    if (ledger !== undefined) await save(one, ledger);
  }

  async function keep(one: Auditor): Promise<void> {
    while (!stopped) {
      try {
        await rounds(one);
        break;
      } catch (error) {
        if (stopped) return;
        const why = error instanceof Error ? error.message : String(error);
        ports.log('the audit of a build cache failed', { cache: one.cache.place, error: why });
        take(one, { why: `the audit failed: ${why}` });
        await sleep(one, retryMs);
      }
    }
    auditors.delete(one.cache.place);
    if (!stopped) await ports.retract(one.cache.place);
  }

  function start(cache: AskedCache): Auditor {
    const one: Auditor = {
      cache,
      verdict: { why: 'the first audit begins', progress: 0 },
      askedAt: ports.clock(),
      savedAt: 0,
      published: '',
      learned: false,
      wake: () => {},
      done: Promise.resolve(),
    };
    auditors.set(cache.place, one);
    one.done = keep(one);
    return one;
  }

  return {
    async ask(cache) {
      const one = auditors.get(cache.place) ?? start(cache);
      const swapped = one.cache.directory.identity !== cache.directory.identity;
      one.cache = cache;
      if (swapped) one.wake();
      noteLive(`cache ${cache.place}`, markOf(one.verdict), () => {
        one.askedAt = ports.clock();
        return markOf(one.verdict);
      });
      one.askedAt = ports.clock();
      return one.verdict;
    },
    async stop() {
      stopped = true;
      for (const one of auditors.values()) one.wake();
      // A thread that is stopped fails its jobs, and with them the round.
      await ports.crew.stop();
      await Promise.allSettled([...auditors.values()].map((one) => one.done));
    },
  };
}
