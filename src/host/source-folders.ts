/**
 * Lists folders of Go source as go walks them, with timestamps in nanoseconds. Opens no file and follows no
 * link.
 */
import path from 'node:path';
import { type RootedPath, resolveRootedPath } from './files.ts';
import { lstatNanosSync, readdirSync } from './root.ts';

/** A regular file of a folder; times in nanoseconds since the epoch. */
export interface FolderFile {
  readonly name: string;
  readonly mtime: bigint;
  readonly ctime: bigint;
  readonly size: number;
}

/**
 * Returns the folders of one module that can hold packages (modload.matchPackages), without hidden ones,
 * `testdata`, `vendor` and nested modules.
 */
export function packageFolders(top: RootedPath, limit: number): readonly string[] {
  const found: string[] = [];
  const pending = [top.path];
  for (let folder = pending.pop(); folder !== undefined && found.length < limit; folder = pending.pop()) {
    let entries: readonly { readonly name: string; isDirectory(): boolean }[];
    try {
      entries = readdirSync(resolveRootedPath({ root: top.root, path: folder }));
    } catch {
      continue;
    }
    if (folder !== top.path && entries.some((entry) => entry.name === 'go.mod')) continue;
    found.push(folder);
    for (const entry of entries) {
      if (entry.isDirectory() && !/^[._]|^(?:testdata|vendor|node_modules)$/.test(entry.name))
        pending.push(path.join(folder, entry.name));
    }
  }
  return found;
}

/**
 * Returns the files of a folder in the byte order of their names; undefined if it holds anything but files
 * and folders, or cannot be read.
 */
export function readFolder(folder: RootedPath): readonly FolderFile[] | undefined {
  try {
    const real = resolveRootedPath(folder);
    const files: FolderFile[] = [];
    const names = readdirSync(real).map(({ name }) => name);
    for (const name of names.sort()) {
      const stat = lstatNanosSync(path.join(real, name));
      if (stat.isDirectory()) continue;
      if (!stat.isFile()) return undefined;
      files.push({ name, mtime: stat.mtimeNs, ctime: stat.ctimeNs, size: Number(stat.size) });
    }
    return files;
  } catch {
    return undefined;
  }
}
