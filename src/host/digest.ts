/** Digests and random identifiers: the only module that imports node:crypto for them. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Returns the SHA-256 as 64 lower-case hex digits; a string is hashed as UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** Returns the SHA-1 as 40 lower-case hex digits. For the names of git objects only, not for security. */
export function sha1Hex(data: Uint8Array): string {
  return createHash('sha1').update(data).digest('hex');
}

/** Returns the SHA-256 in standard base64 with padding; a string is hashed as UTF-8. */
export function sha256Base64(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64');
}

/** Returns an incremental SHA-256. */
export function sha256Parts(): { readonly update: (data: Uint8Array) => void; readonly hex: () => string } {
  const hash = createHash('sha256');
  return { update: (data) => void hash.update(data), hex: () => hash.digest('hex') };
}

/**
 * Returns the HMAC-SHA-256 (RFC 2104) as 64 hex digits, for values that must not be guessable from their
 * digest.
 */
export function hmacHex(key: Uint8Array, data: string | Uint8Array): string {
  return createHmac('sha256', key).update(data).digest('hex');
}

/** Returns random bytes of the system as hex, two digits a byte. */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/**
 * Reports whether two secrets are equal, in a time that reveals nothing about them: their digests are
 * compared.
 */
export function sameSecret(one: string | Uint8Array, other: string | Uint8Array): boolean {
  const digest = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
  return timingSafeEqual(digest(one), digest(other));
}
