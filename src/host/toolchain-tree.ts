/**
 * The files of a Go tree with their digests: those that did not change since they were listed last are not read again. Links are followed
 * (Debian's GOROOT is a farm of them), folders that lead back to themselves are not. Synchronous, for threads.
 */
import path from 'node:path';
import { errorCode } from './errors.ts';
import { type RootedPath, resolveRootedPath, type Stamp } from './files.ts';
import { hashFile, sameStamp } from './hash-file.ts';
import type { Pace } from './pace.ts';
import { readdirSync, statSync } from './root.ts';

/** A file by its path below the tree. */
export interface TreeFile extends Stamp {
  readonly name: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

const fileLimit = 200_000;
const sizeLimit = 4 * 1024 * 1024 * 1024;

/** Why a tree has no digest. */
export class TreeProblem extends Error {}

interface Folder {
  readonly real: string;
  readonly name: string;
  /** `dev:inode` of it and all above it. */
  readonly above: readonly string[];
}

/** Files of a tree, unsorted. `wanted` decides by a name below the tree; a folder that it refuses is not entered. Throws {@link TreeProblem}. */
function* walk(
  top: RootedPath,
  starts: readonly string[],
  wanted: (name: string) => boolean,
): Generator<{ real: string; name: string; stamp: Stamp }> {
  const resolve = (name: string) => resolveRootedPath({ root: top.root, path: path.join(top.path, name) });
  const pending: Folder[] = [];
  let count = 0;
  for (const name of starts) {
    try {
      pending.push({ real: resolve(name), name, above: [] });
    } catch (error) {
      if (errorCode(error) !== 'ENOENT')
        throw new TreeProblem(`${name} cannot be read (${errorCode(error)})`);
    }
  }
  for (let folder = pending.pop(); folder !== undefined; folder = pending.pop()) {
    const self = statSync(folder.real);
    if (self === undefined) continue; // removed meanwhile
    const identity = `${self.dev}:${self.ino}`;
    if (folder.above.includes(identity)) continue;
    for (const entry of readdirSync(folder.real)) {
      const name = folder.name === '' ? entry.name : `${folder.name}/${entry.name}`;
      if (!wanted(name)) continue;
      let real = `${folder.real}/${entry.name}`;
      if (entry.isSymbolicLink()) {
        try {
          real = resolve(name);
        } catch {
          continue; // leads nowhere
        }
      }
      const stat = statSync(real);
      if (stat === undefined) continue;
      if (stat.isDirectory()) {
        pending.push({ real, name, above: [...folder.above, identity] });
      } else if (stat.isFile()) {
        if (++count > fileLimit) throw new TreeProblem(`more than ${fileLimit} files`);
        yield {
          real,
          name,
          stamp: { inode: stat.ino, size: stat.size, mtimeMs: stat.mtimeMs, ctimeMs: stat.ctimeMs },
        };
      }
    }
  }
}

/**
 * Lists and hashes a tree; `known` spares what did not change. Throws {@link TreeProblem} when a file cannot be read, whose absence would be a
 * false answer.
 */
export function hashTree(
  top: RootedPath,
  starts: readonly string[],
  wanted: (name: string) => boolean,
  known: ReadonlyMap<string, TreeFile>,
  pace: Pace,
): ReadonlyMap<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  let kept = 0;
  try {
    for (const { real, name, stamp } of walk(top, starts, wanted)) {
      const before = known.get(name);
      if (before !== undefined && sameStamp(before, stamp)) {
        files.set(name, before);
        if ((++kept & 127) === 0) pace();
        continue;
      }
      const hashed = hashFile(real, { limit: sizeLimit, pace, describe: () => undefined });
      if (hashed === 'absent') continue;
      if (typeof hashed === 'string') throw new TreeProblem(`${name} cannot be read (${hashed})`);
      files.set(name, { name, ...hashed.stamp, sha256: Buffer.from(hashed.digest).toString('hex') });
    }
  } catch (error) {
    if (error instanceof TreeProblem) throw error;
    throw new TreeProblem(`it cannot be walked (${errorCode(error) || 'failed'})`);
  }
  return files;
}

/** What follows the digest in the line of a file. */
const afterDigest = (name: string, { inode, size, mtimeMs, ctimeMs }: Stamp) =>
  ` ${inode} ${size} ${mtimeMs} ${ctimeMs} ${name}\n`;

/** A list of files as text, a line each. */
export function formatTreeFiles(files: Iterable<TreeFile>): string {
  let text = '';
  for (const file of files) text += file.sha256 + afterDigest(file.name, file);
  return text;
}

/** What was made of a list of files, as its first line tells. */
export interface TreeSummary {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** The hash of the zip that the tree came in (`h1:…`), where it was made. */
  readonly h1?: string;
}

const summaryLine = /^(sha256:[0-9a-f]{64}) (\S+)\n/;

/** A list that begins with what was made of it. */
export const formatSummary = ({ digest, h1 = '-' }: TreeSummary): string => `${digest} ${h1}\n`;

/** What was made of a list; undefined where it does not say. */
export function parseSummary(list: string): TreeSummary | undefined {
  const [, digest, h1] = summaryLine.exec(list) ?? [];
  if (digest === undefined) return undefined;
  return { digest, ...(h1 === undefined || h1 === '-' ? {} : { h1 }) };
}

/** A walk that is held against a list. */
export interface Follower {
  /** Whether the file that the walk found is the next one of the list, with the stamp that is listed. */
  readonly isNext: (name: string, stamp: Stamp) => boolean;
  /** Whether the list has no further file. */
  readonly isAtEnd: () => boolean;
}

/**
 * Follows a list with a summary, line by line. A walk that finds all that is listed, in that order, and nothing else has the summary for an answer: ten
 * thousand lines are compared as text then, and nothing is made of them.
 */
export function followList(list: string): Follower {
  let at = list.indexOf('\n') + 1;
  return {
    isNext(name, stamp) {
      const rest = afterDigest(name, stamp);
      if (!list.startsWith(rest, at + 64)) return false;
      at += 64 + rest.length;
      return true;
    },
    isAtEnd: () => at === list.length,
  };
}

/** Whether the files of a tree are those of a list, each unchanged. False as well where the tree cannot be walked: {@link hashTree} then says why. */
export function isAsListed(
  top: RootedPath,
  starts: readonly string[],
  wanted: (name: string) => boolean,
  list: string,
  pace: Pace,
): boolean {
  const follower = followList(list);
  let count = 0;
  try {
    for (const { name, stamp } of walk(top, starts, wanted)) {
      if (!follower.isNext(name, stamp)) return false;
      if ((++count & 127) === 0) pace();
    }
  } catch {
    return false;
  }
  return follower.isAtEnd();
}

const fileLine = /^([0-9a-f]{64}) (\d+) (\d+) ([\d.]+) ([\d.]+) (.+)$/gm;

/** Reads what {@link formatTreeFiles} wrote; lines of another form are left out, and their files hashed again. */
export function parseTreeFiles(text: string): ReadonlyMap<string, TreeFile> {
  const files = new Map<string, TreeFile>();
  for (const [, sha256 = '', inode, size, mtimeMs, ctimeMs, name = ''] of text.matchAll(fileLine)) {
    files.set(name, {
      name,
      sha256,
      inode: Number(inode),
      size: Number(size),
      mtimeMs: Number(mtimeMs),
      ctimeMs: Number(ctimeMs),
    });
  }
  return files;
}
