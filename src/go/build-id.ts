/**
 * Build ids as cmd/go makes them (cmd/go/internal/work/buildid.go): `action/content` in an archive,
 * `action/main action/main content/content` in an executable. A cached archive therefore names the action
 * that made it.
 */

/** Number of bytes of an action id that a build id holds (buildid.HashToString: 120 bits). */
export const buildIdBytes = 15;

/**
 * Returns the action that a build id names, or undefined if the build id does not have cmd/go's form (it may
 * be set freely by `-ldflags=-buildid=…`).
 */
export function actionOfBuildId(buildId: string, kind: 'archive' | 'executable'): string | undefined {
  const parts = buildId.split('/');
  if (parts.length !== (kind === 'archive' ? 2 : 4)) return undefined;
  return parts.every((part) => /^[\w-]{20}$/.test(part)) ? parts[0] : undefined;
}
