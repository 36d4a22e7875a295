/**
 * TLS in front of an HTTP server: a connection is begun with what is in force at that moment, and gets to HTTP when its handshake is over and its
 * certificate is one that is asked for. HTTP/1.1 only; it is what every client of HTTP/2 falls back to.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { canonicalAddress, sansOf } from '../../host/certificates.ts';
import type { TlsSettings } from './web-settings.ts';

/** How long the first byte may take, and then the handshake: longer than the usual timeout of a scrape, so that a busy host serves who still waits. */
const handshakeMs = 15_000;
/** The first byte of a handshake: the content type of its record (RFC 8446 §5.1). No request of HTTP begins so. */
const handshakeByte = 22;
/** As net/http of Go answers on a port of TLS. */
const plainAnswer =
  'HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
/** How long who is turned away has to take the answer. */
const refusedMs = 1_000;

/** What Node makes a server of. */
function serverOptions(settings: TlsSettings): tls.TlsOptions & { allowPartialTrustChain: boolean } {
  const { cert, key, clientAuth, clientCa, minVersion, maxVersion, ciphers, curves } = settings;
  return {
    cert,
    key,
    minVersion,
    maxVersion,
    ...(clientCa === undefined ? {} : { ca: clientCa }),
    ...(ciphers === undefined ? {} : { ciphers }),
    ...(curves === undefined ? {} : { ecdhCurve: curves }),
    requestCert: clientAuth !== 'NoClientCert',
    // Has the handshake itself fail, so that the client hears why.
    rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
    // As in Go, where each certificate of the pool ends a chain.
    allowPartialTrustChain: true,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: handshakeMs,
  };
}

/** Throws what OpenSSL says of a certificate, a key or a list that it cannot use. */
export function tryTls(settings: TlsSettings): void {
  tls.createSecureContext(serverOptions(settings));
}

/** Why a client is turned away that shows no certificate where one is asked for. */
const noCertificate = 'it shows none';
/** Why a client is turned away whose certificate OpenSSL refuses: its code, such as CERT_HAS_EXPIRED. */
const reasonOf = (socket: tls.TLSSocket) => String(socket.authorizationError ?? 'not valid');

/** Why the client of a finished handshake did not show what is asked for; undefined where it did. */
function refusalOf(socket: tls.TLSSocket, { clientAuth, allowedSans }: TlsSettings): string | undefined {
  if (clientAuth === 'NoClientCert') return undefined;
  const shown = socket.getPeerX509Certificate();
  if (shown === undefined)
    return clientAuth !== 'RequireAnyClientCert' && allowedSans === undefined ? undefined : noCertificate;
  const mustBeValid = clientAuth === 'VerifyClientCertIfGiven' || clientAuth === 'RequireAndVerifyClientCert';
  if (mustBeValid && !socket.authorized) return reasonOf(socket);
  if (allowedSans === undefined) return undefined;
  const names = sansOf(shown.subjectAltName ?? '').map(canonicalAddress);
  return names.some((name) => allowedSans.includes(name)) ? undefined : 'no name of it is allowed';
}

/** Hears of a client certificate that is not taken: why, in words without anything that the client chose, and the client's address. */
export type RefusedCertificate = (why: string, address: string | undefined) => void;

/** What begins handshakes with these settings; `welcome` gets what is through, `raw` under it. */
export type Handshakes = (raw: Socket) => void;

/** Makes a {@link Handshakes}. `refused` hears why a certificate of a client is not taken: Node ends the connection without telling the client. */
export function handshakes(
  settings: TlsSettings,
  welcome: (socket: Socket, raw: Socket) => void,
  refused: RefusedCertificate,
): Handshakes {
  const server = tls.createServer(serverOptions(settings));
  // Which connection a finished handshake was begun for: nothing else tells.
  const begun = new AsyncLocalStorage<Socket>();
  server.on('secureConnection', (socket) => {
    const raw = begun.getStore();
    socket.on('error', () => {});
    const refusal = refusalOf(socket, settings);
    if (refusal !== undefined) refused(refusal, raw?.remoteAddress);
    if (raw === undefined || refusal !== undefined) socket.destroy();
    else welcome(socket, raw);
  });
  // Whoever speaks no TLS, or an old one, is a client's affair. A certificate that had the handshake fail comes here as a connection that was reset.
  server.on('tlsClientError', (_, socket) => {
    if (socket.authorizationError) refused(reasonOf(socket), begun.getStore()?.remoteAddress);
    socket.destroy();
  });
  return (raw) => begun.run(raw, () => void server.emit('connection', raw));
}

/** Tells apart, by the first byte, who speaks TLS and who is to be told that it is spoken here. */
export function greet(raw: Socket, begin: Handshakes): void {
  const limit = setTimeout(() => raw.destroy(), handshakeMs);
  limit.unref();
  raw.once('close', () => clearTimeout(limit));
  const end = () => void raw.destroy();
  raw.once('end', end);
  const look = () => {
    const chunk = raw.read() as Buffer | null;
    if (chunk === null) return void raw.once('readable', look);
    clearTimeout(limit);
    raw.off('end', end);
    raw.unshift(chunk);
    if (chunk[0] === handshakeByte) return begin(raw);
    setTimeout(() => raw.destroy(), refusedMs).unref();
    raw.resume();
    raw.end(plainAnswer);
  };
  raw.once('readable', look);
}
