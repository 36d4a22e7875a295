/**
 * The first part of an audit round: compares the cache with the ledger. Reads names, stamps, and action
 * entries that changed.
 */
import { cacheActionBytes, parseCacheAction } from '../../../go/cache-action.ts';
import {
  actionSlot,
  entryTypes,
  type FolderScan,
  type IrregularEntry,
  stampColumns,
  stampWidth,
} from '../../../host/cache-folder.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { idBytes } from './id-table.ts';
import {
  actionBytes,
  actionNumbers,
  hexAt,
  type Ledger,
  outputBytes,
  outputNumbers,
  rewrittenMark,
  verdicts,
} from './ledger.ts';

/** The user who builds with this cache. */
export interface Builder {
  readonly uid: number;
  readonly gids: readonly number[];
}

/** What a scan counts besides the ledger's records. */
export interface Survey {
  bytes: number;
  strangers: number;
  /** Entries that are symlinks, FIFOs and the like; `irregularCount` is their number. */
  readonly irregular: IrregularEntry[];
  irregularCount: number;
  /** Number of subdirectories that could not be listed. */
  unlisted: number;
  foreign: number;
  readonly foreignUids: Set<number>;
  foreignExample: string | undefined;
  /**
   * `lost` counts entries of the last round that are gone now, `kept` those that exist; `youngestLost` is the
   * latest mtime among the lost ones, which tells whether trimming explains the loss.
   */
  lost: number;
  kept: number;
  youngestLost: number;
}

/** Defect of an entry that was not read yet; 0 means no defect. */
const defectUnread = 255;

/** Reports whether the builder may write to an entry, by its mode bits (inode(7)). */
export function mayWrite(owner: { uid: number; gid: number; mode: number }, { uid, gids }: Builder): boolean {
  if (uid === 0) return true;
  if (owner.uid === uid) return (owner.mode & 0o200) !== 0;
  return ((gids.includes(owner.gid) ? owner.mode >> 3 : owner.mode) & 0o2) !== 0;
}

/** Names of the subdirectories of a cache. */
export const prefixes = Array.from({ length: 256 }, (_, folder) => folder.toString(16).padStart(2, '0'));
/** Number of subdirectories in one job: in most caches they are small. */
const foldersAtOnce = 16;

/** Gives the event loop a turn. */
const yieldToEventLoop = () => new Promise((resolve) => setImmediate(resolve));

/** Scans all 256 subdirectories, giving the event loop turns in between. */
export async function scanCache(
  cache: string,
  ledger: Ledger,
  workerPool: WorkerPool,
  builder: Builder,
): Promise<Survey> {
  const survey: Survey = {
    bytes: 0,
    strangers: 0,
    irregular: [],
    irregularCount: 0,
    unlisted: 0,
    foreign: 0,
    foreignUids: new Set(),
    foreignExample: undefined,
    lost: 0,
    kept: 0,
    youngestLost: 0,
  };
  const takeIn = (prefix: string, scan: FolderScan): readonly number[] => {
    if (scan.state === 'absent') return [];
    if (scan.owner !== undefined && !mayWrite(scan.owner, builder))
      countForeign(survey, scan.owner.uid, `${cache}/${prefix}`);
    survey.irregularCount += scan.irregularCount;
    survey.irregular.push(...scan.irregular);
    if (scan.state === 'read') return merge(scan, `${cache}/${prefix}`, ledger, survey, builder);
    if (scan.irregularCount === 0) survey.unlisted++;
    return [];
  };
  let next = 0;
  const lane = async () => {
    while (next < prefixes.length) {
      const group = prefixes.slice(next, next + foldersAtOnce);
      next += foldersAtOnce;
      const scans = await workerPool.run('scan', { cache, prefixes: group });
      const changed: number[] = [];
      for (const [each, prefix] of group.entries()) {
        changed.push(...takeIn(prefix, scans[each] as FolderScan));
        await yieldToEventLoop();
      }
      if (changed.length > 0) await readActions(cache, changed, ledger, workerPool);
    }
  };
  await Promise.all(Array.from({ length: workerPool.lanes }, lane));
  countLosses(ledger, survey);
  return survey;
}

/** Merges the files of a subdirectory into the ledger; returns the indices of action entries to read. */
function merge(scan: FolderScan, folder: string, ledger: Ledger, survey: Survey, builder: Builder): number[] {
  const { actions, outputs } = ledger;
  const changed: number[] = [];
  survey.strangers += scan.strangerCount;
  for (let each = 0; each < scan.types.length; each++) {
    const type = scan.types[each] as number;
    const stamp = scan.stamps.subarray(stampWidth * each, stampWidth * (each + 1));
    const file = stampOf(stamp);
    survey.bytes += file.size;
    if (!mayWrite(file, builder)) countForeign(survey, file.uid, `${folder}/${nameOf(scan, each)}`);
    if (type === entryTypes.action) {
      const known = actions.find(scan.ids, idBytes * each);
      const index = known === -1 ? actions.add(scan.ids, idBytes * each) : known;
      if (mergeAction(ledger, index, file, known === -1)) changed.push(index);
    } else {
      const known = outputs.find(scan.ids, idBytes * each);
      const index = known === -1 ? outputs.add(scan.ids, idBytes * each) : known;
      mergeOutput(ledger, index, type, file);
      const name = scan.inner[each];
      if (name !== undefined) ledger.inner.set(hexAt(outputs.ids, idBytes * index), name);
    }
  }
  return changed;
}

interface FileStamp {
  readonly inode: number;
  readonly size: number;
  readonly mtimeMs: number;
  readonly ctimeMs: number;
  readonly uid: number;
  readonly gid: number;
  readonly mode: number;
  readonly birthMs: number;
}

function stampOf(numbers: Float64Array): FileStamp {
  const at = (column: keyof typeof stampColumns) => numbers[stampColumns[column]] as number;
  return {
    inode: at('inode'),
    size: at('size'),
    mtimeMs: at('mtimeMs'),
    ctimeMs: at('ctimeMs'),
    uid: at('uid'),
    gid: at('gid'),
    mode: at('mode'),
    birthMs: at('birthMs'),
  };
}

function nameOf({ ids, types }: FolderScan, each: number): string {
  return `${hexAt(ids, idBytes * each)}-${types[each] === entryTypes.action ? 'a' : 'd'}`;
}

function countForeign(survey: Survey, uid: number, example: string): void {
  survey.foreign++;
  survey.foreignUids.add(uid);
  survey.foreignExample ??= example;
}

/**
 * Updates the record of an entry; reports whether the entry must be read because it is new or its stamp
 * changed.
 */
function mergeAction({ actions, round }: Ledger, index: number, file: FileStamp, fresh: boolean): boolean {
  const { numbers, bytes, columns } = actions;
  const base = columns.numbers * index;
  const same =
    !fresh &&
    bytes[columns.bytes * index + actionBytes.defect] !== defectUnread &&
    numbers[base + actionNumbers.inode] === file.inode &&
    numbers[base + actionNumbers.fileSize] === file.size &&
    numbers[base + actionNumbers.mtimeMs] === file.mtimeMs &&
    numbers[base + actionNumbers.ctimeMs] === file.ctimeMs;
  // An entry that was removed and created again is a new one: `go` built again, perhaps with inputs that its
  // key does not cover.
  const kept =
    numbers[base + actionNumbers.inode] === file.inode &&
    numbers[base + actionNumbers.birthMs] === file.birthMs;
  if (fresh || !kept) {
    bytes.fill(0, columns.bytes * index, columns.bytes * (index + 1));
    bytes[columns.bytes * index + actionBytes.defect] = defectUnread;
  }
  numbers[base + actionNumbers.inode] = file.inode;
  numbers[base + actionNumbers.birthMs] = file.birthMs;
  numbers[base + actionNumbers.fileSize] = file.size;
  numbers[base + actionNumbers.mtimeMs] = file.mtimeMs;
  numbers[base + actionNumbers.ctimeMs] = file.ctimeMs;
  numbers[base + actionNumbers.round] = round;
  return !same;
}

function mergeOutput({ outputs, round }: Ledger, index: number, type: number, file: FileStamp): void {
  const { numbers, bytes, columns } = outputs;
  const base = columns.numbers * index;
  const start = columns.bytes * index;
  const same =
    bytes[start + outputBytes.type] === type &&
    numbers[base + outputNumbers.inode] === file.inode &&
    numbers[base + outputNumbers.size] === file.size &&
    numbers[base + outputNumbers.mtimeMs] === file.mtimeMs &&
    numbers[base + outputNumbers.ctimeMs] === file.ctimeMs;
  numbers[base + outputNumbers.round] = round;
  if (same) return;
  bytes[start + outputBytes.type] = type;
  bytes[start + outputBytes.verdict] = verdicts.unread;
  numbers[base + outputNumbers.inode] = file.inode;
  numbers[base + outputNumbers.size] = file.size;
  numbers[base + outputNumbers.mtimeMs] = file.mtimeMs;
  numbers[base + outputNumbers.ctimeMs] = file.ctimeMs;
  numbers[base + outputNumbers.suspectAt] = 0;
}

async function readActions(
  cache: string,
  changed: readonly number[],
  ledger: Ledger,
  workerPool: WorkerPool,
): Promise<void> {
  const { actions } = ledger;
  const ids = new Uint8Array(idBytes * changed.length);
  changed.forEach((index, each) => {
    ids.set(actions.ids.subarray(idBytes * index, idBytes * (index + 1)), idBytes * each);
  });
  const { texts, lengths } = await workerPool.run('actions', { cache, ids });
  changed.forEach((_, each) => {
    // Other subdirectories were merged meanwhile, but the tables only grow during a round, so indices stay
    // valid.
    const index = changed[each] as number;
    const length = lengths[each] as number;
    if (length >= 0)
      recordAction(ledger, index, texts.subarray(actionSlot * each, actionSlot * each + length));
  });
}

/** Records what an entry says. If it was changed in place, the previous output is kept beside it. */
function recordAction({ actions, outputs }: Ledger, index: number, text: Uint8Array): void {
  const { numbers, bytes, columns, ids } = actions;
  const start = columns.bytes * index;
  const parsed = parseCacheAction(
    text.length > cacheActionBytes ? new Uint8Array() : text,
    hexAt(ids, idBytes * index),
  );
  const before = bytes[start + actionBytes.defect];
  if (typeof parsed === 'string') {
    bytes[start + actionBytes.defect] = 1;
    return;
  }
  const output = Buffer.from(parsed.output, 'hex');
  const old = bytes.subarray(start + actionBytes.output, start + actionBytes.output + idBytes);
  const recorded = bytes.subarray(start + actionBytes.recorded, start + actionBytes.recorded + idBytes);
  const marks = start + actionBytes.marks;
  if (before !== defectUnread && !output.equals(old)) {
    const previous = outputs.find(old, 0);
    const back = (bytes[marks] as number) & rewrittenMark && output.equals(recorded);
    if (back) {
      bytes[marks] = 0;
    } else if (previous !== -1 && outputs.bytes[outputs.columns.bytes * previous + outputBytes.pure] === 1) {
      if (bytes[marks] === 0) recorded.set(old);
      bytes[marks] = rewrittenMark;
    }
  }
  bytes.set(output, start + actionBytes.output);
  bytes[start + actionBytes.defect] = 0;
  numbers[columns.numbers * index + actionNumbers.size] = parsed.size;
}

/** Counts what the last round saw and this one did not. */
function countLosses(ledger: Ledger, survey: Survey): void {
  const { round } = ledger;
  for (const [table, seen, mtime] of [
    [ledger.actions, actionNumbers.round, actionNumbers.mtimeMs],
    [ledger.outputs, outputNumbers.round, outputNumbers.mtimeMs],
  ] as const) {
    for (let index = 0; index < table.count; index++) {
      const base = table.columns.numbers * index;
      const last = table.numbers[base + seen];
      if (last === round) survey.kept++;
      if (last !== round - 1) continue;
      survey.lost++;
      survey.youngestLost = Math.max(survey.youngestLost, table.numbers[base + mtime] as number);
    }
  }
}
