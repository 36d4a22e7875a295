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
 * Lists and hashes a tree; `known` spares what did not change, and is the answer itself when nothing did. Throws {@link TreeProblem} when a file
 * cannot be read, whose absence would be a false answer.
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
  return kept === known.size && kept === files.size ? known : files;
}

/** A list of files as text, a line each. */
export function formatTreeFiles(files: Iterable<TreeFile>): string {
  let text = '';
  for (const { sha256, inode, size, mtimeMs, ctimeMs, name } of files)
    text += `${sha256} ${inode} ${size} ${mtimeMs} ${ctimeMs} ${name}\n`;
  return text;
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
