/**
 * One of the 256 folders of a build cache as names and stamps, in flat arrays: a cache has a hundred thousand files. Nothing is followed
 * and nothing is opened but action entries. Synchronous, for threads.
 */
import { closeSync, readSync, type Stats } from 'node:fs';
import { errorCode } from './errors.ts';
import { openRegular } from './open.ts';
import type { Pace } from './pace.ts';
import { lstatSync, readdirSync } from './root.ts';

/** What a name in a folder is: action entry, output, output in a folder of its own (executables), and such a folder without exactly one file. */
export const entryTypes = { action: 0, output: 1, executable: 2, unfinished: 3 } as const;

/** Numbers of a stamp in {@link FolderScan.stamps}. */
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
 * What stands at the name of an entry and is no file of its own: go follows a link, and waits for ever at a FIFO. A `file` is one where a
 * folder belongs.
 */
export type IrregularKind = 'link' | 'directory' | 'special' | 'file';

/** An irregular entry by its path below GOCACHE: a folder, an entry, or the one file in an executable's folder. */
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
  /** Name of the one file in an executable's folder, by index. */
  readonly inner: Readonly<Record<number, string>>;
  /** The first few. */
  readonly irregular: readonly IrregularEntry[];
  readonly irregularCount: number;
  /** How many other names belong to no cache. */
  readonly strangerCount: number;
  /** uid, gid and mode of the folder itself. */
  readonly owner?: { readonly uid: number; readonly gid: number; readonly mode: number };
}

const entryName = /^[0-9a-f]{64}-[ad]$/;
/** Of a folder full of irregular entries the rest is found when these are repaired. */
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

/** The one thing in an executable's folder, or undefined. */
function innerFile(folder: string): { readonly name: string; readonly stat: Stats } | undefined {
  try {
    const names = readdirSync(folder).map(({ name }) => name);
    const stat = names.length === 1 ? lstat(`${folder}/${names[0]}`) : undefined;
    return stat === undefined ? undefined : { name: names[0] as string, stat };
  } catch {
    return undefined;
  }
}

/** What is no regular file, in a word; undefined for one. */
function irregularKind(stat: Stats): IrregularKind | undefined {
  if (stat.isFile()) return undefined;
  if (stat.isDirectory()) return 'directory';
  return stat.isSymbolicLink() ? 'link' : 'special';
}

/** Lists the folder of a prefix (two hex digits) below a real GOCACHE. */
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

/** Bytes kept of each entry: one more than an entry has, to see that it ends there. */
export const actionSlot = 176;

/** Reads action entries (ids of 32 bytes each) into slots; a length of -1 where one could not be read. */
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
      // Gone, or not for us: the caller looks again.
    } finally {
      if (fd !== undefined) closeSync(fd);
    }
    if ((index & 31) === 31) pace();
  }
  return { texts, lengths };
}

/** How many files lie below a directory, links not followed; counting ends at `limit`. */
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
      // Gone, or not for us.
    }
    pace();
  }
  return Math.min(count, limit);
}
