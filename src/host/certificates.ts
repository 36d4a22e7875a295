/** X.509 certificates as text: what a PEM file holds, and whose names stand in one. */
import { X509Certificate } from 'node:crypto';
import { SocketAddress } from 'node:net';

const block = /-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g;

/** How many certificates a PEM text holds. Throws what OpenSSL says of one that cannot be read. */
export function countCertificates(pem: string): number {
  const blocks = pem.match(block) ?? [];
  for (const one of blocks) new X509Certificate(one);
  return blocks.length;
}

/** A value that holds what would end it is written as a string of JSON. */
const name = /(?:DNS|email|IP Address|URI):(?:"((?:[^"\\]|\\.)*)"|([^,]*))(?:, |$)|[^,]*(?:, |$)/g;

/** DNS names, addresses and URIs of a certificate, as {@link X509Certificate.subjectAltName} writes them; other kinds are left out. */
export function sansOf(subjectAltName: string): readonly string[] {
  return [...subjectAltName.matchAll(name)].flatMap(([, quoted, plain]) =>
    quoted === undefined ? (plain ?? []) : [JSON.parse(`"${quoted}"`) as string],
  );
}

/** An IP address as it is usually written (RFC 5952: `::1`); anything else as it is. */
export function canonicalAddress(text: string): string {
  if (!text.includes(':') || !/^[0-9A-Fa-f:.]+$/.test(text)) return text;
  try {
    return new SocketAddress({ address: text, family: 'ipv6' }).address;
  } catch {
    return text;
  }
}
