/**
 * The audit of one build cache, in rounds over a ledger. The caller decides on the number of threads, their
 * share of a core, and thoroughness.
 */
import type { CacheContent } from '../../../drift/facets/cache.ts';
import { parseTrimTime, trimAgeMs } from '../../../go/cache-trim.ts';
import { listNames, readFile } from '../../../host/files.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { actionNumbers, emptyLedger, type Ledger, outputNumbers } from './ledger.ts';
import { reportOn } from './report.ts';
import { type Builder, prefixes, type Survey, scanCache } from './scan.ts';
import { readOutputs, referenced, settlingMs, toRead, type VerifyProgress } from './verify.ts';

export interface RoundOptions {
  /** Read every output again, whatever the ledger says. */
  readonly thorough?: boolean;
  /**
   * Wait until suspect outputs are at rest and read them once more; for commands, which run a single round.
   */
  readonly settle?: boolean;
  /** Report every finding instead of the first few. */
  readonly all?: boolean;
  /** Called when names and stamps are known and only reading remains. */
  readonly onScanned?: () => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface CacheAudit {
  readonly ledger: Ledger;
  round(options?: RoundOptions): Promise<CacheContent>;
  /** Returns how long to wait after a round, in ms, until suspect outputs can be judged; undefined if there are none. */
  settlingMs(): number | undefined;
  /** Reads only the suspect outputs once more, after a round. */
  settle(): Promise<CacheContent>;
}

/**
 * The audited directory: its real path, and `dev:inode`, which distinguishes it from another directory at the
 * same path.
 */
export interface CacheDirectory {
  readonly path: string;
  readonly identity: string;
}

const settleLimit = 3;

/** Creates an audit; `remembered` is the stored ledger of this cache. */
export function createAudit(
  directory: CacheDirectory,
  builder: Builder,
  workerPool: WorkerPool,
  clock: () => number,
  remembered?: Ledger,
): CacheAudit {
  const ledger = ledgerFor(directory, remembered, clock());
  const cache = directory.path;
  let led: Uint8Array = new Uint8Array();
  let survey: Survey | undefined;
  let trimmedAt: number | undefined;

  async function verify(options: RoundOptions): Promise<void> {
    led = referenced(ledger);
    const first = toRead(ledger, led, clock(), options.thorough === true);
    await readOutputs(cache, ledger, first, workerPool, clock, options.onProgress ?? (() => {}));
    for (let again = 0; options.settle === true && again < settleLimit; again++) {
      const wait = settlingMs(ledger, led, clock());
      if (wait === undefined) return;
      await new Promise((resolve) => setTimeout(resolve, wait + 10));
      await readAgain();
    }
  }

  async function readAgain(): Promise<void> {
    await readOutputs(cache, ledger, toRead(ledger, led, clock(), false), workerPool, clock, () => {});
  }

  async function report(seen: Survey, all = false): Promise<CacheContent> {
    const content = await reportOn(cache, ledger, seen, workerPool, clock(), all);
    return { ...content, ...(trimmedAt === undefined ? {} : { trimmedAt }) };
  }

  return {
    ledger,
    settlingMs: () => settlingMs(ledger, led, clock()),
    async round(options = {}) {
      const lastRoundAt = ledger.roundAt;
      // `led` is indexed by record, so records are dropped only between rounds.
      forget(ledger);
      ledger.round++;
      ledger.roundAt = clock();
      survey = await scanCache(cache, ledger, workerPool, builder);
      trimmedAt = trimTime(cache);
      let cause = causeOfLoss(ledger, survey, trimmedAt, lastRoundAt);
      if (cause === 'removed' && (await isCleanedMeanwhile(cache))) cause = 'clean';
      if (cause !== undefined) ledger.losses[cause] = ledger.roundAt;
      options.onScanned?.();
      await verify(options);
      return await report(survey, options.all);
    },
    async settle() {
      if (survey === undefined) throw new Error('settle() requires a completed round');
      await readAgain();
      return await report(survey);
    },
  };
}

/**
 * Returns the ledger to continue. If another directory is now at the path, the cache was swapped: the ledger
 * starts empty.
 */
function ledgerFor({ identity }: CacheDirectory, remembered: Ledger | undefined, nowMs: number): Ledger {
  if (remembered === undefined || remembered.identity === identity)
    return remembered ?? emptyLedger(identity);
  const fresh = emptyLedger(identity);
  Object.assign(fresh.losses, remembered.losses, { swap: nowMs });
  return fresh;
}

function trimTime(cache: string): number | undefined {
  const read = readFile({ root: '/', path: `${cache}/trim.txt` }, 4096);
  return read.ok ? parseTrimTime(read.bytes.toString('latin1')) : undefined;
}

/**
 * Returns why entries are gone; undefined if none are. `go` trims old entries and records the time, `go clean`
 * removes all, anything else is a removal by hand.
 */
function causeOfLoss(
  ledger: Ledger,
  survey: Survey,
  trimmedAt: number | undefined,
  lastRoundAt: number,
): 'trim' | 'clean' | 'removed' | undefined {
  if (survey.lost === 0 || ledger.round === 1) return undefined;
  // Go records the time in whole seconds: before removing entries since 1.25, afterwards in older versions.
  const trimmed =
    trimmedAt !== undefined &&
    trimmedAt + 1000 >= lastRoundAt &&
    survey.youngestLost <= trimmedAt + 1000 - trimAgeMs;
  if (trimmed) return 'trim';
  return survey.kept === 0 ? 'clean' : 'removed';
}

/** Returns the number of folders `00` to `ff` in a cache. */
function folderCount(cache: string): number {
  const listed = listNames({ root: '/', path: cache });
  return listed.ok ? listed.names.filter((name) => prefixes.includes(name)).length : 0;
}

/** Time between two counts of the folders, ms, and the most counts. */
const [countEveryMs, mostCounts] = [1_000, 60];

/**
 * Waits while the folders of a cache disappear, and reports whether all of them did. `go clean -cache` removes
 * one folder after another, which takes seconds for a large cache; a scan in between finds some entries gone and
 * the others still there.
 */
async function isCleanedMeanwhile(cache: string): Promise<boolean> {
  let before = folderCount(cache);
  // Each go command creates all 256 folders: none is missing unless somebody removes them.
  for (let counts = 0; before > 0 && before < prefixes.length && counts < mostCounts; counts++) {
    await new Promise((resolve) => setTimeout(resolve, countEveryMs));
    const now = folderCount(cache);
    if (now === before) break;
    before = now;
  }
  return before === 0;
}

/** Drops the records of entries that were gone in the last round. */
function forget(ledger: Ledger): void {
  const { round, actions, outputs, inner } = ledger;
  inner.clear(); // each scan fills it completely
  const here = (table: typeof actions, column: number) => (index: number) =>
    table.numbers[table.columns.numbers * index + column] === round;
  for (const [table, column] of [
    [actions, actionNumbers.round],
    [outputs, outputNumbers.round],
  ] as const) {
    const keep = here(table, column);
    let gone = 0;
    for (let index = 0; index < table.count; index++) if (!keep(index)) gone++;
    if (gone > 0) table.compact(keep);
  }
}
