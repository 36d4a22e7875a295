/**
 * Copies the sound entries of one build cache into another one on the same disk, so that builds through one
 * do not change the other.
 *
 * Go writes both kinds of files in place: an action entry with every build, so these are copied; an output
 * only while its content does not match its name, so a matching output can be shared by a hard link. Each
 * output is hashed completely first. Synchronous, one folder a call.
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

/** Counts of what was copied from a folder. */
export interface Carried {
  /** Action entries copied. */
  readonly carried: number;
  /** Outputs shared or copied, and their bytes. */
  readonly outputs: number;
  readonly bytes: number;
  /**
   * Entries left out because their output has the recorded size but other content. In the new cache their
   * action is a miss.
   */
  readonly unsound: number;
  /** Entries left out because they were not wanted. */
  readonly unwanted: number;
}

/** Adds two counts. */
export function addCarried(a: Carried, b: Carried): Carried {
  return {
    carried: a.carried + b.carried,
    outputs: a.outputs + b.outputs,
    bytes: a.bytes + b.bytes,
    unsound: a.unsound + b.unsound,
    unwanted: a.unwanted + b.unwanted,
  };
}

/** The zero count. */
export const nothingCarried: Carried = { carried: 0, outputs: 0, bytes: 0, unsound: 0, unwanted: 0 };

/** A source and a target cache, and how to read entries. */
export interface Carrying {
  /** Real paths of the two caches. */
  readonly from: string;
  readonly to: string;
  /** Parses an action entry; undefined if go would reject it. */
  readonly parse: (
    text: Uint8Array,
    action: string,
  ) => { readonly output: string; readonly size: number } | undefined;
  /** Actions to leave out. */
  readonly unwanted: ReadonlySet<string>;
}

/** Bytes read of an entry: one more than a valid entry has. */
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

/**
 * Returns the file with an output's content: the output itself, or the only file in an executable's folder.
 */
function contentOf(output: string): string | undefined {
  const stat = statOf(output);
  if (stat?.isFile() === true) return output;
  if (stat?.isDirectory() !== true) return undefined;
  const names = readdirSync(output);
  const inner = `${output}/${names[0]}`;
  return names.length === 1 && statOf(inner)?.isFile() === true ? inner : undefined;
}

/**
 * Hard-links a file; where the file system refuses, copies it under a temporary name and renames the copy.
 */
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

/**
 * Shares an output. `there`: the target has it already. `none`: the source has no usable file, so go would
 * miss it too.
 */
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
  // A changing file is being written: go uses it once it is complete, and the next round copies it.
  if (hashed === 'absent' || hashed === 'changed') return 'none';
  if (typeof hashed === 'string') return 'unsound';
  if (hashed.stamp.size !== size) return 'none';
  if (Buffer.from(hashed.digest).toString('hex') !== id) return 'unsound';
  const name = content === from ? to : `${to}/${content.slice(content.lastIndexOf('/') + 1)}`;
  if (name !== to) mkdirSync(to, { recursive: true });
  share(content, name);
  const stat = statOf(name);
  // The name was given to another file between hashing and linking: the linked file was not verified.
  if (stat?.nlink !== undefined && stat.nlink > 1 && stat.ino !== hashed.stamp.inode) {
    rmSync(name, { force: true });
    return 'none';
  }
  return 'shared';
}

const writing = constants.O_WRONLY | constants.O_NOFOLLOW;

/**
 * Opens an entry for writing: a new one, or an incomplete one, which go ignores and never completes.
 * Undefined if a complete one exists.
 */
function openEntry(file: string, size: number): number | undefined {
  try {
    return openSync(file, writing | constants.O_CREAT | constants.O_EXCL, 0o666);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const there = statOf(file);
    return there?.isFile() === true && there.size < size ? openSync(file, writing) : undefined;
  }
}

/**
 * Copies an entry unless one exists. Go writes entries in place too; whichever writer is last leaves a
 * complete one.
 */
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

/**
 * Copies the sound entries of one of the 256 folders. Throws the system's error if the target cache cannot be
 * written.
 */
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

/** Files at the top of a cache; go writes them in place. */
const topFiles = ['README', 'trim.txt', 'testexpire.txt'];
/** Limits for inputs found by fuzz tests: number of files, and bytes of each. */
const mostFuzzFiles = 100_000;
const fuzzBytes = 16 * 1024 * 1024;

/**
 * Creates an empty cache with the permissions of another one, and copies its top-level files and fuzz inputs.
 * Throws the system's error.
 */
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

/**
 * Flushes the folders of a cache, so that its names survive a power loss. Contents need no flush: go ignores
 * an incomplete entry.
 */
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
