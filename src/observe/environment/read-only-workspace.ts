/**
 * Detects directories that are read-only for this process but not for builds: a service with ProtectSystem=,
 * a sidecar or a scheduled check with read-only volumes has its own mounts.
 */
import { readDirectoryFacts } from '../../host/space.ts';
import type { Sources } from './sources.ts';

/**
 * Reports whether this process merely looks on while others build: the workspace itself (for the target
 * `host`, `/`) is mounted read-only for it. A cache that is read-only for this process then says nothing
 * about builds. In another root, that root's own mounts apply.
 */
export function isWorkspaceReadOnly({ root, settings }: Pick<Sources, 'root' | 'settings'>): boolean {
  return root === '/' && readDirectoryFacts(settings.workspace || '/')?.readOnly === 'mount';
}
