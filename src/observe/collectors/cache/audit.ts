/** The audit of one build cache: rounds over a ledger. Who runs it says with how many threads, at what share of a core, and how thoroughly. */
import type { CacheContent } from '../../../drift/facets/cache.ts';
import { parseTrimTime, trimAgeMs } from '../../../go/cache-trim.ts';
import { readFile } from '../../../host/files.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { actionNumbers, emptyLedger, type Ledger, outputNumbers } from './ledger.ts';
import { reportOn } from './report.ts';
import { type Builder, type Survey, scanCache } from './scan.ts';
import { readOutputs, referenced, settlingMs, toRead, type VerifyProgress } from './verify.ts';

export interface RoundOptions {
  /** Everything is read again, whatever the ledger knows. */
  readonly thorough?: boolean;
  /** Waits until what looks wrong is at rest, and reads it once more: for a command, which has one round only. */
  readonly settle?: boolean;
  /** Every finding is told, not the first few. */
  readonly all?: boolean;
  /** Names and stamps are known; what follows is reading. */
  readonly onScanned?: () => void;
  readonly onProgress?: (progress: VerifyProgress) => void;
}

export interface CacheAudit {
  readonly ledger: Ledger;
  round(options?: RoundOptions): Promise<CacheContent>;
  /** After a round: when what is suspect can be judged, in ms; undefined when nothing is. */
  settlingMs(): number | undefined;
  /** After a round: reads what is suspect once more, and nothing else. */
  settle(): Promise<CacheContent>;
}

/** The directory under audit: its real path, and `dev:inode`, by which another directory at the same path is told. */
export interface CacheDirectory {
  readonly path: string;
  readonly identity: string;
}

const settleLimit = 3;

/** Makes an audit; `ledger` is what is remembered of this cache. */
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
      // Indices of records are what `led` is by: they stay from one round to the next.
      forget(ledger);
      ledger.round++;
      ledger.roundAt = clock();
      survey = await scanCache(cache, ledger, workerPool, builder);
      trimmedAt = trimTime(cache);
      noteLosses(ledger, survey, trimmedAt, lastRoundAt);
      options.onScanned?.();
      await verify(options);
      return await report(survey, options.all);
    },
    async settle() {
      if (survey === undefined) throw new Error('no round went before');
      await readAgain();
      return await report(survey);
    },
  };
}

/** The ledger to go on with: another directory under the same path is a swap, and nothing is known of it. */
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

/** Tells why entries are gone: go trims what is old and notes when, a clean takes all, anything else is somebody's hand. */
function noteLosses(
  ledger: Ledger,
  survey: Survey,
  trimmedAt: number | undefined,
  lastRoundAt: number,
): void {
  if (survey.lost === 0 || ledger.round === 1) return;
  // Go notes the time in whole seconds, before it removes (since 1.25) or after.
  const trimmed =
    trimmedAt !== undefined &&
    trimmedAt + 1000 >= lastRoundAt &&
    survey.youngestLost <= trimmedAt + 1000 - trimAgeMs;
  const cause = trimmed ? 'trim' : survey.kept === 0 ? 'clean' : 'removed';
  ledger.losses[cause] = ledger.roundAt;
}

/** Drops records of what was gone in the last round. */
function forget(ledger: Ledger): void {
  const { round, actions, outputs, inner } = ledger;
  inner.clear(); // each scan says them all
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
