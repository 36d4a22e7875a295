/** Locates modules in a module cache, as `go` does. */
import path from 'node:path';
import { isH1 } from '../../../go/dirhash.ts';
import { downloadPath, extractedPath } from '../../../go/module-path.ts';
import { trimSpace } from '../../../go/space.ts';
import { realPathOf } from '../../../host/files.ts';
import { entryAt } from '../../../host/tree.ts';
import { isBrokenZip } from './cache-access.ts';
import { cachedReader } from './cached-reader.ts';
import type { BuiltModule } from './graph-files.ts';
import type { ModuleProject } from './project.ts';

/** Returns the real directory of a project's module cache; undefined if there is none. */
export function moduleCacheOf({ root, modCache }: ModuleProject): string | undefined {
  // Go refuses a relative path, and has no module cache if neither GOMODCACHE nor GOPATH is set.
  return modCache.startsWith('/') ? realPathOf({ root, path: modCache }) : undefined;
}

const readHash = cachedReader((bytes) => trimSpace(bytes.toString('utf8')), 4096);

/**
 * Returns the recorded hash of a module's zip; undefined if there is none. Go replaces an invalid hash by
 * computing it from the zip.
 */
export function recordedHash(cache: string, { path: module, version = '' }: BuiltModule): string | undefined {
  const hash = readHash(path.join(cache, downloadPath(module, version, 'ziphash'))) ?? '';
  return isH1(hash) ? hash : undefined;
}

/** Returns the path of a module's zip, relative to the module cache. */
export const zipOf = ({ path: module, version = '' }: BuiltModule) => downloadPath(module, version, 'zip');

/** Returns the directory of an extracted module; it need not exist. */
export const treeOf = (cache: string, { path: module, version = '' }: BuiltModule) =>
  path.join(cache, extractedPath(module, version));

/** Reports whether `go` finds a module: as a zip, or extracted with a hash and without a `.partial` mark. */
export function isCached(cache: string, built: BuiltModule): boolean {
  const { path: module, version = '' } = built;
  const there = (file: string) => entryAt(path.join(cache, file)) !== undefined;
  if (there(zipOf(built))) return true;
  if (!isUnpacked(cache, built) || there(downloadPath(module, version, 'partial'))) return false;
  return recordedHash(cache, built) !== undefined;
}

/** Reports whether a module is extracted. */
export function isUnpacked(cache: string, built: BuiltModule): boolean {
  return entryAt(treeOf(cache, built)) !== undefined;
}

/** Reports whether a module's zip exists but is incomplete. */
export function hasBrokenZip(cache: string, built: BuiltModule): boolean {
  return isBrokenZip(path.join(cache, zipOf(built)));
}
