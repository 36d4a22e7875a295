/**
 * Audits: work that is too large for one pass (build caches, toolchains, vendor directories). A command does
 * all of it at once with all cores. An exporter spreads it over many rounds, at a share of one core.
 */
import { AppError, makeItReadable } from '../catalog/errors.ts';
import { availableCores, steadyClock, systemClock } from '../host/machine.ts';
import { createAudit, type RoundOptions } from '../observe/collectors/cache/audit.ts';
import { type AskCache, type Auditors, createAuditors } from '../observe/collectors/cache/auditors.ts';
import { formatLedger, isNewerLedger, parseLedger } from '../observe/collectors/cache/ledger.ts';
import type { FileLists } from '../observe/collectors/file-lists.ts';
import {
  type AskDigest,
  createDigests,
  type Digests,
  digestNow,
  knownDigest,
} from '../observe/collectors/toolchain/toolchain-digest.ts';
import { createWorkerPool, type WorkerPool } from '../observe/pool/worker-pool.ts';
import {
  type Listed,
  liveVerdict,
  readFileList,
  readLedger,
  removeVerdict,
  setLedgerAside,
  writeFileList,
  writeLedger,
  writeVerdict,
} from '../store/cache-files.ts';
import type { StateDirectory } from '../store/state-directory.ts';
import type { Logger } from '../tell/log.ts';
import type { Progress } from './progress.ts';

/** Answers the questions of an observation about build caches and toolchains. */
export interface InspectionAudits {
  readonly cache: AskCache;
  readonly digest: AskDigest;
}

/** Returns read-only access to the file lists in a state directory. */
function listsIn(directory: string, of: Listed): FileLists {
  return { load: (place) => readFileList(directory, of, place) };
}

/**
 * Returns the last results of the exporter of a state directory. Reads file names and stamps; writes nothing.
 */
export function lastAudits(directory: string): InspectionAudits & { readonly vendor: FileLists } {
  const here = createWorkerPool(0, 1);
  return {
    cache: async ({ place, directory: { identity } }) => {
      const content = await liveVerdict(directory, place, identity);
      return content === undefined ? { why: 'no exporter audits this cache' } : { content };
    },
    digest: (tree) => knownDigest(tree, here, listsIn(directory, 'toolchains')),
    vendor: listsIn(directory, 'vendor'),
  };
}

/**
 * Audits a build cache completely and at once. `directory` is the state directory, which may hold the ledger
 * of an exporter.
 */
export function cacheAuditNow(
  directory: string,
  workerPool: WorkerPool,
  progress: Progress,
  options: Pick<RoundOptions, 'all'> = {},
): AskCache {
  return async ({ place, directory: cache, builder }) => {
    const { bytes: stored } = readLedger(directory, place);
    const ledger = stored === undefined ? undefined : parseLedger(stored);
    const audit = createAudit(cache, builder, workerPool, systemClock, ledger);
    const content = await audit.round({
      ...options,
      thorough: true,
      settle: true,
      onProgress: ({ files, bytes, allFiles, allBytes }) =>
        progress.show(`${cache.path}: ${files} of ${allFiles} outputs`, bytes, allBytes),
    });
    progress.end();
    return { content };
  };
}

/**
 * Stores the list of a tree's files. With it a later observation sees what changed without reading them all.
 */
export type KeepList = (of: Listed, place: string, files: string) => Promise<void>;

function savedBy(keep: KeepList | undefined, of: Listed): Pick<FileLists, 'save'> {
  return keep === undefined ? {} : { save: (place, files) => keep(of, place, files) };
}

/**
 * Runs `work` with audits that read everything at once with all cores, then ends their threads. `keep`
 * receives the file lists that were made.
 */
export async function withAuditsNow<T>(
  directory: string,
  progress: Progress,
  work: (audits: InspectionAudits & { readonly vendor: FileLists }) => Promise<T>,
  keep?: KeepList,
): Promise<T> {
  const workerPool = createWorkerPool(availableCores(), 1);
  try {
    return await work({
      cache: cacheAuditNow(directory, workerPool, progress),
      digest: (tree) =>
        digestNow(
          tree,
          workerPool,
          { ...listsIn(directory, 'toolchains'), ...savedBy(keep, 'toolchains') },
          true,
        ),
      // Reads everything anew, even if the stamps are unchanged.
      vendor: { load: () => undefined, ...savedBy(keep, 'vendor') },
    });
  } finally {
    progress.end();
    await workerPool.stop();
  }
}

/** The audits of an exporter. */
export interface ExporterAudits extends InspectionAudits {
  /** Starts a new audit of every build cache. */
  again(): void;
  stop(): Promise<void>;
}

/**
 * Share of a core for the continuous audit of build caches: together with toolchains and modules it stays
 * below a tenth of a core.
 */
const cacheShare = 0.05;

/**
 * Makes the audits of an exporter. `writes` says whether the exporter owns the state directory and may write
 * to it. One thread works on the caches, and one on the toolchains.
 */
export function exporterAudits(
  state: StateDirectory,
  writes: boolean,
  log: Logger,
  loop: { readonly everyMs: () => number; readonly changed: () => void },
): ExporterAudits {
  const { everyMs, changed } = loop;
  const workerPool = createWorkerPool(1, cacheShare);
  const ifWrites = async (write: () => Promise<unknown>): Promise<void> => {
    if (writes) await write();
  };
  const auditors: Auditors = createAuditors({
    clock: systemClock,
    steady: steadyClock,
    everyMs,
    workerPool,
    load: async (place) => {
      const { bytes: stored, left } = readLedger(state.path, place);
      const isNewer = stored !== undefined && isNewerLedger(stored);
      // Throwing makes the audit try again later. A new ledger would overwrite what the existing one knows.
      if (left !== undefined || isNewer)
        throw new AppError(
          'cannot audit a build cache',
          left ?? 'a newer godrift keeps its ledger',
          makeItReadable,
        );
      const ledger = stored === undefined ? undefined : parseLedger(stored);
      if (stored !== undefined && ledger === undefined)
        await ifWrites(async () => log.warn({}, await setLedgerAside(state, place, systemClock())));
      return ledger;
    },
    save: (place, ledger) => ifWrites(() => writeLedger(state, place, formatLedger(ledger))),
    publish: (place, identity, content) =>
      ifWrites(() => writeVerdict(state, place, { schema: 1, identity, content })),
    retract: (place) => ifWrites(() => removeVerdict(state, place)),
    changed,
    log: (message, fields) => log.error(fields, message),
  });
  const digests: Digests = createDigests({
    steady: steadyClock,
    workerPool: createWorkerPool(1, cacheShare),
    lists: {
      ...listsIn(state.path, 'toolchains'),
      save: (goroot, files) => ifWrites(() => writeFileList(state, 'toolchains', goroot, files)),
    },
    changed,
  });
  return {
    cache: auditors.ask,
    digest: digests.ask,
    again: auditors.again,
    stop: async () => {
      await auditors.stop();
      await digests.stop();
    },
  };
}
