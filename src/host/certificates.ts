/** X.509 certificates as text: counts those of a PEM file and reads their alternative names. */
import { X509Certificate } from 'node:crypto';
import { SocketAddress } from 'node:net';

const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** Returns how many certificates a PEM text holds. Throws OpenSSL's error for one that cannot be parsed. */
export function countCertificates(pem: string): number {
  const blocks = pem.match(block) ?? [];
  for (const one of blocks) new X509Certificate(one);
  return blocks.length;
}

/** One name of a subjectAltName text; a value that contains a delimiter is written as a JSON string. */
const name = /(?:DNS|email|IP Address|URI):(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:, |$)|[^,]*(?:, |$)/g;

/**
 * Returns the DNS names, addresses and URIs of a text as {@link X509Certificate.subjectAltName} formats it;
 * other kinds are dropped.
 */
export function sansOf(subjectAltName: string): readonly string[] {
  return [...subjectAltName.matchAll(name)].flatMap(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? []) : [JSON.parse(`"${quoted}"`) as string],
  );
}

/** Returns an IPv6 address in its canonical form (RFC 5952: `::1`), any other text unchanged. */
export function canonicalAddress(text: string): string {
  if (!text.includes(':') || !/^[0-9A-Fa-f:.]+$/.test(text)) return text;
  try {
    return new SocketAddress({ address: text, family: 'ipv6' }).address;
  } catch {
    return text;
  }
}
