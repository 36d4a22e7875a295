/**
 * Lists the directories of a module that may contain packages, as go's `...` matches them
 * (modload.matchPackages). Each directory is listed only once.
 */
import path from 'node:path';
import { isIgnored } from '../../../go/ignored.ts';
import { entriesSync } from '../../../host/tree.ts';

/** A module and the `ignore` lines of its go.mod; the directory is a real path. */
export interface Ignoring {
  readonly directory: string;
  readonly ignored: readonly string[];
}

/** A directory and the names in it, sorted. */
export interface PackageDirectory {
  readonly directory: string;
  readonly names: readonly string[];
}

/**
 * Yields a directory and all package directories below it, without those of other modules, testdata, and what
 * go's `...` and `ignore` lines exclude.
 */
export function* packageDirectories(
  top: string,
  { directory, ignored }: Ignoring,
): Generator<PackageDirectory> {
  const pending = [top];
  for (let here = pending.pop(); here !== undefined; here = pending.pop()) {
    const entries = entriesSync(here);
    if (here !== top && entries.some(({ name }) => name === 'go.mod')) continue;
    yield { directory: here, names: entries.map(({ name }) => name) };
    for (const entry of entries) {
      const { name } = entry;
      if (!entry.isDirectory() || /^[._]/.test(name) || name === 'testdata' || name === 'vendor') continue;
      const below = path.join(here, name);
      if (ignored.length === 0 || !isIgnored(ignored, path.relative(directory, below))) pending.push(below);
    }
  }
}
