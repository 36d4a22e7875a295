/**
 * Reads one of the 256 folders of a build cache into flat arrays of names and stamps: a cache has a hundred
 * thousand files. Follows no link, and opens action entries only. Synchronous, for threads.
 */
import { closeSync, readSync, type Stats } from 'node:fs';
import { errorCode } from './errors.ts';
import { openRegular } from './open.ts';
import type { Pace } from './pace.ts';
import { lstatSync, readdirSync } from './root.ts';

/**
 * Types of cache entries: action entry, output, output in a folder of its own (executables), and such a
 * folder without exactly one file.
 */
export const entryTypes = { action: 0, output: 1, executable: 2, unfinished: 3 } as const;

/** Columns of {@link FolderScan.stamps}. */
export const stampColumns = {
  inode: 0,
  size: 1,
  mtimeMs: 2,
  ctimeMs: 3,
  uid: 4,
  gid: 5,
  mode: 6,
  birthMs: 7,
} as const;
export const stampWidth = 8;

/**
 * Kind of something that is not a regular file where an entry belongs: go would follow a link, and wait for
 * ever at a FIFO. `file` is a regular file in place of a folder.
 */
export type IrregularKind = 'link' | 'directory' | 'special' | 'file';

/**
 * An irregular entry, by its path below GOCACHE: a folder, an entry, or the file in an executable's folder.
 */
export interface IrregularEntry {
  readonly file: string;
  readonly what: IrregularKind;
}

export interface FolderScan {
  readonly state: 'read' | 'absent' | 'denied' | 'not-directory' | 'failed';
  /** 32 bytes an entry. */
  readonly ids: Uint8Array;
  readonly types: Uint8Array;
  readonly stamps: Float64Array;
  /** Name of the file in an executable's folder, by index of the entry. */
  readonly inner: Readonly<Record<number, string>>;
  /** The first 1,000 at most. */
  readonly irregular: readonly IrregularEntry[];
  readonly irregularCount: number;
  /** Number of names that belong to no cache. */
  readonly strangerCount: number;
  /** Owner, group and mode of the folder itself. */
  readonly owner?: { readonly uid: number; readonly gid: number; readonly mode: number };
}

const entryName = /^[0-9a-f]{64}-[ad]$/;
/** Most irregular entries returned of one folder; the rest is found once these are repaired. */
const irregularKept = 1000;
const nothing = {
  ids: new Uint8Array(),
  types: new Uint8Array(),
  stamps: new Float64Array(),
  inner: {},
  irregular: [],
  irregularCount: 0,
  strangerCount: 0,
};

function lstat(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
}

/** Returns the only entry of an executable's folder; undefined if there is not exactly one. */
function innerFile(folder: string): { readonly name: string; readonly stat: Stats } | undefined {
  try {
    const names = readdirSync(folder).map(({ name }) => name);
    const stat = names.length === 1 ? lstat(`${folder}/${names[0]}`) : undefined;
    return stat === undefined ? undefined : { name: names[0] as string, stat };
  } catch {
    return undefined;
  }
}

/** Returns the kind of anything but a regular file. */
function irregularKind(stat: Stats): IrregularKind | undefined {
  if (stat.isFile()) return undefined;
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'link' : 'special';
}

/** Scans the folder of a prefix (two hex digits) below a real GOCACHE path. */
export function scanCacheFolder(cache: string, prefix: string, pace: Pace): FolderScan {
  const folder = `${cache}/${prefix}`;
  let names: readonly string[];
  let self: Stats;
  try {
    const found = lstatSync(folder);
    if (found === undefined) return { state: 'absent', ...nothing };
    self = found;
    const what = irregularKind(self) ?? 'file';
    if (what !== 'directory')
      return { state: 'not-directory', ...nothing, irregular: [{ file: prefix, what }], irregularCount: 1 };
    names = readdirSync(folder).map(({ name }) => name);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'ENOENT') return { state: 'absent', ...nothing };
    return { state: code === 'EACCES' || code === 'EPERM' ? 'denied' : 'failed', ...nothing };
  }
  const ids = Buffer.alloc(32 * names.length);
  const types = new Uint8Array(names.length);
  const stamps = new Float64Array(stampWidth * names.length);
  const inner: Record<number, string> = {};
  const irregular: IrregularEntry[] = [];
  let irregularCount = 0;
  let strangerCount = 0;
  let count = 0;
  const noFile = (file: string, what: IrregularKind) => {
    irregularCount++;
    if (irregular.length < irregularKept) irregular.push({ file: `${prefix}/${file}`, what });
  };
  for (const name of names) {
    if (!entryName.test(name) || !name.startsWith(prefix)) {
      strangerCount++;
      continue;
    }
    const stat = lstat(`${folder}/${name}`);
    if (stat === undefined) continue; // removed meanwhile
    const type = typeOf(name, stat);
    if (typeof type === 'string') {
      noFile(name, type);
      continue;
    }
    const file = type === entryTypes.executable ? innerFile(`${folder}/${name}`) : undefined;
    const what = file === undefined ? undefined : irregularKind(file.stat);
    if (what !== undefined) {
      noFile(`${name}/${file?.name}`, what);
      continue;
    }
    if (file !== undefined) inner[count] = file.name;
    const { ino, size, mtimeMs, ctimeMs, uid, gid, mode, birthtimeMs } = file?.stat ?? stat;
    ids.write(name, 32 * count, 'hex');
    types[count] = type === entryTypes.executable && file === undefined ? entryTypes.unfinished : type;
    stamps.set([ino, size, mtimeMs, ctimeMs, uid, gid, mode, birthtimeMs], stampWidth * count);
    count++;
    if ((count & 63) === 0) pace();
  }
  pace();
  return {
    state: 'read',
    ids: ids.subarray(0, 32 * count),
    types: types.subarray(0, count),
    stamps: stamps.subarray(0, stampWidth * count),
    inner,
    irregular,
    irregularCount,
    strangerCount,
    owner: { uid: self.uid, gid: self.gid, mode: self.mode },
  };
}

function typeOf(name: string, stat: Stats): number | IrregularKind {
  const action = name.endsWith('a');
  const what = irregularKind(stat);
  if (what === undefined) return action ? entryTypes.action : entryTypes.output;
  return what === 'directory' && !action ? entryTypes.executable : what;
}

/** Bytes read of each entry: one more than a valid entry has, so that a longer one is detected. */
export const actionSlot = 176;

/**
 * Reads action entries (ids of 32 bytes each) into slots of {@link actionSlot} bytes; length -1 marks one
 * that could not be read.
 */
export function readCacheActions(
  cache: string,
  ids: Uint8Array,
  pace: Pace,
): { readonly texts: Uint8Array; readonly lengths: Int16Array } {
  const count = ids.length / 32;
  const texts = new Uint8Array(actionSlot * count);
  const lengths = new Int16Array(count).fill(-1);
  const hex = Buffer.from(ids.buffer, ids.byteOffset, ids.byteLength);
  for (let index = 0; index < count; index++) {
    const id = hex.toString('hex', 32 * index, 32 * index + 32);
    let fd: number | undefined;
    try {
      fd = openRegular(`${cache}/${id.slice(0, 2)}/${id}-a`, { follow: false }).fd;
      lengths[index] = readSync(fd, texts, actionSlot * index, actionSlot, 0);
    } catch {
      // Gone or unreadable: the caller checks again.
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
    if ((index & 31) === 31) pace();
  }
  return { texts, lengths };
}

/** Counts the files below a directory, up to `limit`; links are not followed. */
export function countFiles(directory: string, limit: number, pace: Pace): number {
  const pending = [directory];
  let count = 0;
  for (let folder = pending.pop(); folder !== undefined && count < limit; folder = pending.pop()) {
    try {
      for (const entry of readdirSync(folder)) {
        if (entry.isDirectory()) pending.push(`${folder}/${entry.name}`);
        else count++;
      }
    } catch {
      // Gone or unreadable.
    }
    pace();
  }
  return Math.min(count, limit);
}
