/**
 * Build ids as cmd/go makes them (cmd/go/internal/work/buildid.go): `action/content` in an archive, `action/main action/main content/content`
 * in an executable. What go caches under an action holds that action in its build id, so an archive tells which action made it.
 */

const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** Bytes of an action id that enter a build id (buildid.HashToString: 120 bits). */
export const buildIdBytes = 15;

/** The part of a build id that stands for an action, from the action's id (32 bytes). */
export function buildIdPart(id: Uint8Array): string {
  let text = '';
  for (let at = 0; at < buildIdBytes; at += 3) {
    const value = ((id[at] ?? 0) << 16) | ((id[at + 1] ?? 0) << 8) | (id[at + 2] ?? 0);
    text += digits[value >> 18];
    text += digits[(value >> 12) & 63];
    text += digits[(value >> 6) & 63];
    text += digits[value & 63];
  }
  return text;
}

/** The action that a build id names; undefined when it has not the form that cmd/go gives it (`-ldflags=-buildid=…`). */
export function actionOfBuildId(buildId: string, kind: 'archive' | 'executable'): string | undefined {
  const parts = buildId.split('/');
  if (parts.length !== (kind === 'archive' ? 2 : 4)) return undefined;
  return parts.every((part) => /^[\w-]{20}$/.test(part)) ? parts[0] : undefined;
}
