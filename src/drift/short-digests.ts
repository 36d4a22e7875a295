/**
 * Shortens digests for people. Twelve characters tell them apart; machine-readable output has them in full.
 */

/** Returns the value with its `sha256:` and `h1:` digests cut to twelve characters. */
export function shortDigests(value: string): string {
  return value.replace(/\b(sha256:[0-9a-f]{12}|h1:[A-Za-z0-9+/]{12})[A-Za-z0-9+/]+=?/g, '$1…');
}
