/**
 * Fingerprints: the SHA-256 of a snapshot's body. The hash function is a parameter, so that this folder needs
 * no crypto.
 */

/** Returns `sha256:` and 64 hex digits. `digest` returns hex SHA-256. */
export function fingerprint(body: string, digest: (text: string) => string): string {
  return `sha256:${digest(body)}`;
}

/**
 * Returns the first 48 bits of a fingerprint as a number, which a float64 holds exactly, so that Prometheus
 * can compare it. Returns 0 for any text that is not a fingerprint.
 */
export function fingerprintNumber(text: string): number {
  const hex = /^(?:sha256:)?([0-9a-f]{12})/.exec(text)?.[1];
  return hex === undefined ? 0 : Number.parseInt(hex, 16);
}
