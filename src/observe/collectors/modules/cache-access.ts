/**
 * Detects what keeps `go` from filling the module cache: permissions, full disks, and truncated zips, which
 * `go` never downloads again.
 */
import path from 'node:path';
import type { CacheBar } from '../../../drift/facets/modules.ts';
import { endBytes, endLimit, endsAsZip } from '../../../go/module-zip.ts';
import { withReader } from '../../../host/files.ts';
import type { Sources } from '../../environment/sources.ts';
import { findNamedCache } from '../cache/location.ts';
import type { ModuleProject } from './project.ts';

/**
 * Returns why nothing can be added to the module cache; undefined if that is possible, or in another root.
 */
export function barredCache(
  { machine }: Pick<Sources, 'machine'>,
  { root, modCache }: Pick<ModuleProject, 'root' | 'modCache'>,
): CacheBar | undefined {
  if (root !== '/' || !modCache.startsWith('/')) return undefined;
  for (const directory of [modCache, path.join(modCache, 'cache/download')]) {
    const { place, builder } = findNamedCache(directory, machine);
    if (!('why' in place)) continue;
    const absent = place.state === 'denied' && place.barred === 'absent';
    return {
      directory,
      why: place.why,
      uid: builder.uid,
      rights: place.state === 'denied',
      ...(place.owner === undefined ? {} : { owner: place.owner }),
      absent,
    };
  }
  return undefined;
}

/** Reports whether a file of the module cache, given by its real path, is an incomplete zip. */
export function isBrokenZip(real: string): boolean {
  return (
    withReader(real, (readAt, size) => {
      const tail = (length: number) => readAt(Math.max(0, size - length), Math.min(size, length));
      return !endsAsZip(tail(endBytes), size) && !endsAsZip(tail(endLimit), size);
    }) ?? false
  );
}
