/**
 * Build ids as cmd/go makes them (cmd/go/internal/work/buildid.go): `action/content` in an archive, `action/main action/main content/content`
 * in an executable. What go caches under an action holds that action in its build id, so an archive tells which action made it.
 */

/** Bytes of an action id that enter a build id (buildid.HashToString: 120 bits). */
export const buildIdBytes = 15;

/** The action that a build id names; undefined when it has not the form that cmd/go gives it (`-ldflags=-buildid=…`). */
export function actionOfBuildId(buildId: string, kind: 'archive' | 'executable'): string | undefined {
  const parts = buildId.split('/');
  if (parts.length !== (kind === 'archive' ? 2 : 4)) return undefined;
  return parts.every((part) => /^[\w-]{20}$/.test(part)) ? parts[0] : undefined;
}
