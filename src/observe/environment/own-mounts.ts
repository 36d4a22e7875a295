/**
 * What this process sees read-only and who builds may not: a service with ProtectSystem=, a sidecar or a patrol with read-only volumes has mounts of
 * its own.
 */
import { readDirectoryFacts } from '../../host/space.ts';
import type { Sources } from './sources.ts';

/**
 * Whether this process looks on, where others build: the workspace itself (of a host, everything) is read-only by its own mount. That a cache is so for this
 * process as well says nothing then. Another root is seen with the mounts of its process.
 */
export function looksOn({ root, settings }: Pick<Sources, 'root' | 'settings'>): boolean {
  return root === '/' && readDirectoryFacts(settings.workspace || '/')?.readOnly === 'mount';
}
