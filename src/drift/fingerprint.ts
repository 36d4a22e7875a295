/** Fingerprints: SHA-256 of a snapshot's body. The hash function is passed in, so that this folder needs no crypto. */

/** `sha256:` and 64 hex digits. */
export function fingerprint(body: string, digest: (text: string) => string): string {
  return `sha256:${digest(body)}`;
}

/** The first 48 bits as a number: exact in a float64, so that Prometheus can compare it. 0 for what is no fingerprint. */
export function fingerprintNumber(text: string): number {
  const hex = /^(?:sha256:)?([0-9a-f]{12})/.exec(text)?.[1];
  return hex === undefined ? 0 : Number.parseInt(hex, 16);
}
