/** Where modules lie in a module cache, as go finds them. */
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

/** The real directory of a project's module cache; undefined where there is none. */
export function moduleCacheOf({ root, modCache }: ModuleProject): string | undefined {
  // Go refuses a relative one, and has none where neither GOMODCACHE nor GOPATH is set.
  return modCache.startsWith('/') ? realPathOf({ root, path: modCache }) : undefined;
}

const readHash = cachedReader((bytes) => trimSpace(bytes.toString('utf8')), 4096);

/** The hash that go recorded of a module's zip; undefined when there is none. What is no hash, go makes anew from the zip. */
export function recordedHash(cache: string, { path: module, version = '' }: BuiltModule): string | undefined {
  const hash = readHash(path.join(cache, downloadPath(module, version, 'ziphash'))) ?? '';
  return isH1(hash) ? hash : undefined;
}

/** The zip of a module, relative to the module cache. */
export const zipOf = ({ path: module, version = '' }: BuiltModule) => downloadPath(module, version, 'zip');

/** The tree of a module, absolute; whether it is there is not asked. */
export const treeOf = (cache: string, { path: module, version = '' }: BuiltModule) =>
  path.join(cache, extractedPath(module, version));

/** Whether go finds a module: it takes a zip, or a tree with its hash and without the mark of its unpacking. */
export function isCached(cache: string, built: BuiltModule): boolean {
  const { path: module, version = '' } = built;
  const there = (file: string) => entryAt(path.join(cache, file)) !== undefined;
  if (there(zipOf(built))) return true;
  if (!isUnpacked(cache, built) || there(downloadPath(module, version, 'partial'))) return false;
  return recordedHash(cache, built) !== undefined;
}

/** Whether the tree of a module is there. */
export function isUnpacked(cache: string, built: BuiltModule): boolean {
  return entryAt(treeOf(cache, built)) !== undefined;
}

/** Whether the zip of a module is there and no whole one. */
export function hasBrokenZip(cache: string, built: BuiltModule): boolean {
  return isBrokenZip(path.join(cache, zipOf(built)));
}
