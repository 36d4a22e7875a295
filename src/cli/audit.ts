/** Audits of build caches as the commands need them: in the background of an exporter, once now, or what an exporter last said. */
import type { CacheFacts } from '../drift/facets/cache.ts';
import { systemClock } from '../host/machine.ts';
import { createWorkerPool, type WorkerPool } from '../host/workers.ts';
import { type AuditMemory, type AuditorOptions, createAuditor } from '../observe/audit/auditor.ts';
import type { AuditAnswer, AuditJob } from '../observe/audit/jobs.ts';
import { recordBytes } from '../observe/audit/records.ts';
import { type AuditService, auditSubject, createAuditService } from '../observe/audit/service.ts';
import type { CachePlace, CacheVerdicts } from '../observe/cache.ts';
import {
  type AuditRecords,
  loadAuditRecords,
  peekAuditRecords,
  readLiveVerdict,
  saveAuditRecords,
  saveVerdict,
} from '../store/audits.ts';
import type { StateDirectory } from '../store/state-directory.ts';

const worker = 'audit-worker';

function memoryOf(stored: AuditRecords | undefined): AuditMemory | undefined {
  // Records of another shape were written by another version: everything is hashed anew.
  if (stored === undefined || stored.facts['record_bytes'] !== recordBytes) return undefined;
  const { identity, trimmed } = stored.facts;
  return {
    records: stored.bytes,
    identity: String(identity),
    ...(typeof trimmed === 'number' ? { trimmed } : {}),
  };
}

function recordsOf({ records, identity, trimmed }: AuditMemory): AuditRecords {
  return {
    bytes: records,
    facts: { record_bytes: recordBytes, identity, ...(trimmed === undefined ? {} : { trimmed }) },
  };
}

/** The audits of an exporter, on one thread. `state` is undefined where nothing may be written. */
export function backgroundAudits(
  state: StateDirectory | undefined,
  intervalMs: number,
  log: (message: string, fields: Readonly<Record<string, unknown>>) => void,
): AuditService {
  const pool = createWorkerPool<AuditJob, AuditAnswer>(worker, 1);
  const service = createAuditService(
    {
      clock: systemClock,
      runner: pool,
      load: async (subject) => {
        if (state === undefined) return undefined;
        const { value, problem } = await loadAuditRecords(state, subject, systemClock());
        if (problem !== undefined) log(problem, {});
        return memoryOf(value);
      },
      save: async (subject, memory) => {
        if (state !== undefined) await saveAuditRecords(state, subject, recordsOf(memory));
      },
      publish: async (subject, verdict) => {
        if (state !== undefined) await saveVerdict(state, subject, verdict);
      },
      log,
    },
    intervalMs,
  );
  return {
    ...service,
    async stop() {
      // The thread ends first: a job that hashes gigabytes must not hold the exit.
      await Promise.all([service.stop(), pool.close()]);
    },
  };
}

/** An audit of a cache from beginning to end, on all cores; what an exporter recorded of it before saves work. Writes nothing. */
export async function auditNow(
  place: CachePlace,
  stateDirectory: string,
  progress?: AuditorOptions['progress'],
): Promise<CacheFacts> {
  const pool: WorkerPool<AuditJob, AuditAnswer> = createWorkerPool(worker);
  try {
    const memory = memoryOf(await peekAuditRecords(stateDirectory, auditSubject(place)));
    const auditor = createAuditor({
      ...place,
      runner: pool,
      clock: systemClock,
      share: 1,
      ...(memory === undefined ? {} : { memory }),
      ...(progress === undefined ? {} : { progress }),
    });
    return await auditor.round();
  } finally {
    await pool.close();
  }
}

/** The last verdict of an exporter that runs. */
export function liveVerdicts(stateDirectory: string): CacheVerdicts {
  return async (place) =>
    // Written by a godrift of this state directory, which holds what it wrote to its own schema number.
    (await readLiveVerdict(stateDirectory, auditSubject(place))) as CacheFacts | undefined;
}
