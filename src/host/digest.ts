/** Digests and random identifiers: the only door to node:crypto. */
import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** SHA-256 in 64 lower-case hex digits; a string is taken as UTF-8. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-1 in 40 lower-case hex digits: the names of git's objects, and nothing that has to resist anybody. */
export function sha1Hex(data: Uint8Array): string {
  return createHash('sha1').update(data).digest('hex');
}

/** SHA-256 in standard base64 with padding; a string is taken as UTF-8. */
export function sha256Base64(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('base64');
}

/** SHA-256 of bytes that come in parts. */
export function sha256Parts(): { readonly update: (data: Uint8Array) => void; readonly hex: () => string } {
  const hash = createHash('sha256');
  return { update: (data) => void hash.update(data), hex: () => hash.digest('hex') };
}

/** HMAC-SHA-256 (RFC 2104) in 64 hex digits; for values that must not be guessed from their digest. */
export function hmacHex(key: Uint8Array, data: string | Uint8Array): string {
  return createHmac('sha256', key).update(data).digest('hex');
}

/** That many bytes from the system's random source, in hex (two digits a byte). */
export function randomHex(bytes: number): string {
  return randomBytes(bytes).toString('hex');
}

/** Whether two secrets are the same, in a time that tells nothing of either: their digests are compared, all of both. */
export function sameSecret(one: string | Uint8Array, other: string | Uint8Array): boolean {
  const digest = (data: string | Uint8Array) => createHash('sha256').update(data).digest();
  return timingSafeEqual(digest(one), digest(other));
}
