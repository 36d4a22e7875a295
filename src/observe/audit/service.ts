/** Audits in the background: one auditor a cache, however many targets build with it, each in its own slow rhythm. */
import { setTimeout as delay } from 'node:timers/promises';
import type { CacheFacts } from '../../drift/facets/cache.ts';
import { errorCode } from '../../host/files.ts';
import type { Clock } from '../../host/machine.ts';
import type { CachePlace } from '../cache.ts';
import { type AuditMemory, type AuditRunner, createAuditor } from './auditor.ts';

/** The service's way to the outside; none of these may throw. */
export interface AuditPorts {
  readonly clock: Clock;
  readonly runner: AuditRunner;
  readonly load: (subject: string) => Promise<AuditMemory | undefined>;
  readonly save: (subject: string, memory: AuditMemory) => Promise<void>;
  readonly publish: (subject: string, verdict: CacheFacts) => Promise<void>;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
}

export interface AuditService {
  /** The last verdict; the first call for a cache starts its audit. Throws when the last round failed. */
  verdict(place: CachePlace): Promise<CacheFacts | undefined>;
  /** Grows with each verdict that says something new. */
  readonly version: () => number;
  /** Ends after the step that runs, and saves. */
  stop(): Promise<void>;
}

/** Part of one core that all audits of a process take together, in the long run. */
export const auditShare = 0.1;
const saveEveryMs = 60_000;
/** A cache that no target has asked about for so many rests is let go. */
const unusedRests = 100;

interface Kept {
  readonly place: CachePlace;
  verdict?: CacheFacts;
  failed?: string;
  asked: number;
  readonly done: Promise<void>;
}

/** Verdicts are filed under the cache and the user that builds with it. */
export function auditSubject({ cache, uid }: CachePlace): string {
  return `cache ${uid} ${cache}`;
}

/** What a verdict says, without what moves in every round. */
function gist({
  bytes: _,
  entries: _entries,
  fullyVerified: _time,
  removed: _removed,
  ...rest
}: CacheFacts): string {
  return JSON.stringify(rest);
}

/** Makes the service; `restMs` lies between two rounds of a cache. */
export function createAuditService(ports: AuditPorts, restMs: number): AuditService {
  const kept = new Map<string, Kept>();
  const stopping = new AbortController();
  let version = 0;

  async function audit(subject: string, place: CachePlace, one: () => Kept): Promise<void> {
    const memory = await ports.load(subject);
    const auditor = createAuditor({
      cache: place.cache,
      uid: place.uid,
      runner: ports.runner,
      clock: ports.clock,
      share: auditShare,
      ...(memory === undefined ? {} : { memory }),
    });
    let saved = ports.clock();
    let dirty = false;
    while (!stopping.signal.aborted && ports.clock() - one().asked < unusedRests * restMs) {
      try {
        const verdict = await auditor.round();
        const before = one().verdict;
        one().verdict = verdict;
        delete one().failed;
        if (before === undefined || gist(before) !== gist(verdict)) version++;
        await ports.publish(subject, verdict);
        dirty = true;
      } catch (error) {
        if (stopping.signal.aborted) break;
        one().failed = errorCode(error) || (error instanceof Error ? error.message : 'failed');
        ports.log('the audit of a build cache failed', { cache: place.cache, error: one().failed });
        version++;
      }
      if (dirty && ports.clock() - saved > saveEveryMs) {
        await ports.save(subject, auditor.memory());
        saved = ports.clock();
        dirty = false;
      }
      await delay(restMs, undefined, { signal: stopping.signal, ref: false }).catch(() => {});
    }
    if (dirty) await ports.save(subject, auditor.memory());
    kept.delete(subject);
  }

  return {
    async verdict(place) {
      const subject = auditSubject(place);
      let one = kept.get(subject);
      if (one === undefined) {
        const fresh: Kept = { place, asked: ports.clock(), done: Promise.resolve() };
        kept.set(subject, fresh);
        one = Object.assign(fresh, { done: audit(subject, place, () => fresh) });
      }
      one.asked = ports.clock();
      if (one.failed !== undefined) throw Object.assign(new Error(one.failed), { code: one.failed });
      return one.verdict;
    },
    version: () => version,
    async stop() {
      stopping.abort();
      await Promise.all([...kept.values()].map(({ done }) => done));
    },
  };
}
