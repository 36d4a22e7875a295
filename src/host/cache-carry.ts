/**
 * Takes what is whole in one build cache over into another one on the same disk, so that no build through one changes the other. Go writes in place: an
 * action entry whenever it builds, so these are copied; an output only while it is not what its name promises, so one that is may be shared by a second
 * hard link, and is read to the end first. Synchronous: a folder at a time.
 */
import {
  closeSync,
  constants,
  copyFileSync,
  fsyncSync,
  linkSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  renameSync,
  rmSync,
  type Stats,
  utimesSync,
  writeSync,
} from 'node:fs';
import { errorCode } from './errors.ts';
import { hashFile } from './hash-file.ts';
import { openRegular } from './open.ts';
import { fullPace } from './pace.ts';

/** What became of the entries of a folder. */
export interface Carried {
  /** Entries that were taken over now. */
  readonly carried: number;
  /** Outputs that were taken over, and their bytes. */
  readonly outputs: number;
  readonly bytes: number;
  /** Entries that lead to an output of the recorded size with another content: whoever was led to it finds nothing in the other cache. */
  readonly unsound: number;
  /** Entries that were not wanted. */
  readonly unwanted: number;
}

/** Adds counts. */
export function addCarried(a: Carried, b: Carried): Carried {
  return {
    carried: a.carried + b.carried,
    outputs: a.outputs + b.outputs,
    bytes: a.bytes + b.bytes,
    unsound: a.unsound + b.unsound,
    unwanted: a.unwanted + b.unwanted,
  };
}

/** Nothing was there. */
export const nothingCarried: Carried = { carried: 0, outputs: 0, bytes: 0, unsound: 0, unwanted: 0 };

/** Where entries come from and go to, and what they mean. */
export interface Carrying {
  /** Real paths of the two caches. */
  readonly from: string;
  readonly to: string;
  /** What an action entry says; undefined where go would not take it. */
  readonly parse: (
    text: Uint8Array,
    action: string,
  ) => { readonly output: string; readonly size: number } | undefined;
  /** Actions that are left out. */
  readonly unwanted: ReadonlySet<string>;
}

/** Longest entry that is read: one byte more than an entry has. */
const entryBytes = 176;

function textOf(file: string): { readonly text: Uint8Array; readonly stat: Stats } | undefined {
  try {
    const { fd, stat } = openRegular(file, { follow: false, quiet: true });
    try {
      const bytes = Buffer.alloc(entryBytes);
      return { text: bytes.subarray(0, readSync(fd, bytes, 0, entryBytes, 0)), stat };
    } finally {
      closeSync(fd);
    }
  } catch {
    return undefined;
  }
}

function statOf(file: string): Stats | undefined {
  return lstatSync(file, { throwIfNoEntry: false });
}

/** The file of an output: itself, or the one file in the folder of an executable. */
function contentOf(output: string): string | undefined {
  const stat = statOf(output);
  if (stat?.isFile() === true) return output;
  if (stat?.isDirectory() !== true) return undefined;
  const names = readdirSync(output);
  const inner = `${output}/${names[0]}`;
  return names.length === 1 && statOf(inner)?.isFile() === true ? inner : undefined;
}

/** Gives a file a second name; where the system gives it none, a copy takes its name when it is whole. */
function share(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch (error) {
    const code = errorCode(error);
    if (code === 'EEXIST') return;
    if (!['EXDEV', 'EMLINK', 'EPERM', 'ENOTSUP'].includes(code)) throw error;
    const beside = `${to}.godrift`;
    rmSync(beside, { force: true });
    copyFileSync(from, beside, constants.COPYFILE_EXCL);
    const { atime, mtime } = lstatSync(from);
    utimesSync(beside, atime, mtime);
    renameSync(beside, to);
  }
}

type Shared = 'there' | 'shared' | 'unsound' | 'none';

/** Takes an output over, unless it is there; `none` where go finds none either. */
function shareOutput(from: string, to: string, id: string, size: number): Shared {
  const content = contentOf(from);
  if (content === undefined || statOf(content)?.size !== size) return 'none';
  const there = contentOf(to);
  if (there !== undefined && statOf(there)?.size === size) return 'there';
  const hashed = hashFile(content, {
    limit: Number.MAX_SAFE_INTEGER,
    pace: fullPace,
    describe: () => undefined,
  });
  // What moves is being written: go takes it when it is whole, and so does the next round.
  if (hashed === 'absent' || hashed === 'changed') return 'none';
  if (typeof hashed === 'string') return 'unsound';
  if (hashed.stamp.size !== size) return 'none';
  if (Buffer.from(hashed.digest).toString('hex') !== id) return 'unsound';
  const name = content === from ? to : `${to}/${content.slice(content.lastIndexOf('/') + 1)}`;
  if (name !== to) mkdirSync(to, { recursive: true });
  share(content, name);
  const stat = statOf(name);
  // Another file took the name between reading and sharing: then it is not the one that was read.
  if (stat?.nlink !== undefined && stat.nlink > 1 && stat.ino !== hashed.stamp.inode) {
    rmSync(name, { force: true });
    return 'none';
  }
  return 'shared';
}

const writing = constants.O_WRONLY | constants.O_NOFOLLOW;

/** Opens an entry that is to be written: a new one, or half of one, which is none for go and would stay half; undefined where one is there. */
function openEntry(file: string, size: number): number | undefined {
  try {
    return openSync(file, writing | constants.O_CREAT | constants.O_EXCL, 0o666);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const there = statOf(file);
    return there?.isFile() === true && there.size < size ? openSync(file, writing) : undefined;
  }
}

/** Copies an entry, unless there is one. Go writes entries in place too: whoever of the two is the last leaves a whole one. */
function copyEntry(to: string, text: Uint8Array, { atime, mtime }: Stats): boolean {
  const fd = openEntry(to, text.length);
  if (fd === undefined) return false;
  try {
    writeSync(fd, text);
  } finally {
    closeSync(fd);
  }
  utimesSync(to, atime, mtime);
  return true;
}

/** Takes over what is whole in one of the 256 folders. Throws the system's error where the other cache cannot be written. */
export function carryFolder({ from, to, parse, unwanted }: Carrying, prefix: string): Carried {
  let names: readonly string[];
  try {
    names = readdirSync(`${from}/${prefix}`);
  } catch {
    return nothingCarried;
  }
  const count = { carried: 0, outputs: 0, bytes: 0, unsound: 0, unwanted: 0 };
  for (const name of names) {
    if (!/^[0-9a-f]{64}-a$/.test(name)) continue;
    const action = name.slice(0, 64);
    const read = textOf(`${from}/${prefix}/${name}`);
    const entry = read === undefined ? undefined : parse(read.text, action);
    if (read === undefined || entry === undefined) continue;
    if (unwanted.has(action)) {
      count.unwanted++;
      continue;
    }
    const { output, size } = entry;
    const file = `${output.slice(0, 2)}/${output}-d`;
    const shared = shareOutput(`${from}/${file}`, `${to}/${file}`, output, size);
    if (shared === 'unsound') count.unsound++;
    if (shared === 'shared') {
      count.outputs++;
      count.bytes += size;
    }
    if (shared !== 'there' && shared !== 'shared') continue;
    if (copyEntry(`${to}/${prefix}/${name}`, read.text, read.stat)) count.carried++;
  }
  return count;
}

/** Files at the top of a cache, which go writes in place. */
const topFiles = ['README', 'trim.txt', 'testexpire.txt'];
/** Inputs that fuzz tests found: so many are taken over, each of at most so many bytes. */
const mostFuzzFiles = 100_000;
const fuzzBytes = 16 * 1024 * 1024;

/** Makes an empty cache with the rights of another one, and what that has beside its entries. Throws the system's error. */
export function makeCache(from: string, to: string, prefixes: readonly string[]): void {
  mkdirSync(to, { mode: lstatSync(from).mode & 0o777 });
  for (const prefix of prefixes)
    mkdirSync(`${to}/${prefix}`, { mode: (statOf(`${from}/${prefix}`)?.mode ?? 0o755) & 0o777 });
  for (const name of topFiles) copyRegular(`${from}/${name}`, `${to}/${name}`, entryBytes * 100);
  let left = mostFuzzFiles;
  const copyFuzz = (folder: string) => {
    mkdirSync(`${to}/${folder}`);
    for (const entry of readdirSync(`${from}/${folder}`, { withFileTypes: true })) {
      if (left-- <= 0) return;
      const name = `${folder}/${entry.name}`;
      if (entry.isDirectory()) copyFuzz(name);
      else if (entry.isFile()) copyRegular(`${from}/${name}`, `${to}/${name}`, fuzzBytes);
    }
  };
  if (statOf(`${from}/fuzz`)?.isDirectory() === true) copyFuzz('fuzz');
}

function copyRegular(from: string, to: string, limit: number): void {
  const stat = statOf(from);
  if (stat?.isFile() !== true || stat.size > limit) return;
  copyFileSync(from, to, constants.COPYFILE_EXCL);
  utimesSync(to, stat.atime, stat.mtime);
}

/** Makes the names in a cache last. What an entry holds need not: half an entry is none for go. */
export function syncCache(cache: string, prefixes: readonly string[]): void {
  for (const folder of [...prefixes.map((prefix) => `${cache}/${prefix}`), cache]) {
    const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
    try {
      fsyncSync(fd);
    } finally {
      closeSync(fd);
    }
  }
}
