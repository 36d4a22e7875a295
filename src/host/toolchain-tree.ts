/**
 * Lists the files of a Go tree with their digests; files unchanged since the last list are not read again.
 * Symlinks are followed (Debian's GOROOT consists of them), except into a folder above. Synchronous, for
 * threads.
 */
import path from 'node:path';
import { errorCode } from './errors.ts';
import { type RootedPath, resolveRootedPath, type Stamp } from './files.ts';
import { hashFile, sameStamp } from './hash-file.ts';
import type { Pace } from './pace.ts';
import { readdirSync, statSync } from './root.ts';

/** A file, by its path below the tree. */
export interface TreeFile extends Stamp {
  readonly name: string;
  /** 64 hex digits. */
  readonly sha256: string;
}

const fileLimit = 200_000;
const sizeLimit = 4 * 1024 * 1024 * 1024;

/** Why a tree cannot be listed. */
export class TreeProblem extends Error {}

interface Folder {
  readonly real: string;
  readonly name: string;
  /** `dev:inode` of all folders above it. */
  readonly above: readonly string[];
}

/**
 * Yields the files of a tree, unsorted. `wanted` filters by name below the tree; a rejected folder is not
 * entered. Throws {@link TreeProblem}.
 */
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
 * Lists and hashes a tree; unchanged files are taken from `known`. Throws {@link TreeProblem} if a file
 * cannot be read, because a list without it would be wrong.
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

/** The part of a file's line after the digest. */
const afterDigest = (name: string, { inode, size, mtimeMs, ctimeMs }: Stamp) =>
  ` ${inode} ${size} ${mtimeMs} ${ctimeMs} ${name}\n`;

/** Formats a list of files, a line each. */
export function formatTreeFiles(files: Iterable<TreeFile>): string {
  let text = '';
  for (const file of files) text += file.sha256 + afterDigest(file.name, file);
  return text;
}

/** The first line of a list: what was computed from it. */
export interface TreeSummary {
  /** `sha256:` and 64 hex digits. */
  readonly digest: string;
  /** Hash of the zip that the tree came in (`h1:…`), if it was computed. */
  readonly h1?: string;
}

const summaryLine = /^(sha256:[0-9a-f]{64}) (\S+)\n/;

/** Formats the first line of a list. */
export const formatSummary = ({ digest, h1 = '-' }: TreeSummary): string => `${digest} ${h1}\n`;

/** Parses the first line of a list; undefined if there is no summary. */
export function parseSummary(list: string): TreeSummary | undefined {
  const [, digest, h1] = summaryLine.exec(list) ?? [];
  if (digest === undefined) return undefined;
  return { digest, ...(h1 === undefined || h1 === '-' ? {} : { h1 }) };
}

/** Compares a walk with a list. */
export interface Follower {
  /** Reports whether a file found is the next one of the list, with the same stamp. */
  readonly isNext: (name: string, stamp: Stamp) => boolean;
  /** Reports whether the list is exhausted. */
  readonly isAtEnd: () => boolean;
}

/**
 * Compares a walk with a list that has a summary, line by line. If the walk finds exactly the listed files in
 * the listed order, the summary holds: ten thousand lines are then compared as text, without parsing them.
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

/**
 * Reports whether the files of a tree are exactly those of a list, each unchanged. False if the tree cannot
 * be walked; {@link hashTree} then says why.
 */
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

/**
 * Parses what {@link formatTreeFiles} wrote. Lines of another form are skipped; their files are hashed again.
 */
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
