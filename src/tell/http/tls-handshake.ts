/**
 * TLS in front of an HTTP server. A connection uses the settings in force when it starts and reaches HTTP
 * once its handshake is done and its client certificate is accepted. HTTP/1.1 only; every HTTP/2 client falls
 * back to it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Socket } from 'node:net';
import tls from 'node:tls';
import { canonicalAddress, sansOf } from '../../host/certificates.ts';
import type { TlsSettings } from './web-settings.ts';

/**
 * Time limit for the first byte, and then for the handshake, in ms. Longer than the usual scrape timeout, so
 * that a busy host still serves clients that wait.
 */
const handshakeMs = 15_000;
/** First byte of a handshake: its record's content type (RFC 8446 §5.1). No HTTP request starts with it. */
const handshakeByte = 22;
/** The answer of Go's net/http to plain HTTP on a TLS port. */
const plainAnswer =
  'HTTP/1.0 400 Bad Request\r\nConnection: close\r\n\r\nClient sent an HTTP request to an HTTPS server.\n';
/** Time for a refused client to read its answer, in ms. */
const refusedMs = 1_000;

/** Translates the settings into options of Node. */
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
    // Fails the handshake itself, so that the client learns why.
    rejectUnauthorized: clientAuth === 'RequireAndVerifyClientCert',
    // As in Go, where each certificate of the pool ends a chain.
    allowPartialTrustChain: true,
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: handshakeMs,
  };
}

/** Throws OpenSSL's error for an unusable certificate, key or list of ciphers. */
export function tryTls(settings: TlsSettings): void {
  tls.createSecureContext(serverOptions(settings));
}

/** Reason for a client without the required certificate. */
const noCertificate = 'it shows none';
/** Returns OpenSSL's reason to refuse a certificate: a code such as CERT_HAS_EXPIRED. */
const reasonOf = (socket: tls.TLSSocket) => String(socket.authorizationError ?? 'not valid');

/** Returns why the client certificate of a finished handshake is not acceptable, undefined if it is. */
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

/**
 * Receives the reason why a client certificate was refused, in words that the client cannot influence, and
 * the client's address.
 */
export type RefusedCertificate = (why: string, address: string | undefined) => void;

/** Starts a TLS handshake on a connection. */
export type Handshakes = (raw: Socket) => void;

/**
 * Returns a {@link Handshakes} for these settings. `welcome` receives accepted TLS sockets with their raw
 * connections, `refused` why a client certificate was refused: Node closes the connection without telling the
 * client.
 */
export function handshakes(
  settings: TlsSettings,
  welcome: (socket: Socket, raw: Socket) => void,
  refused: RefusedCertificate,
): Handshakes {
  const server = tls.createServer(serverOptions(settings));
  // Tells for which connection a finished handshake was started; nothing else does.
  const begun = new AsyncLocalStorage<Socket>();
  server.on('secureConnection', (socket) => {
    const raw = begun.getStore();
    socket.on('error', () => {});
    const refusal = refusalOf(socket, settings);
    if (refusal !== undefined) refused(refusal, raw?.remoteAddress);
    if (raw === undefined || refusal !== undefined) socket.destroy();
    else welcome(socket, raw);
  });
  // Clients without TLS or with an old version are not reported. A certificate that failed the handshake
  // arrives here as a connection reset.
  server.on('tlsClientError', (_, socket) => {
    if (socket.authorizationError) refused(reasonOf(socket), begun.getStore()?.remoteAddress);
    socket.destroy();
  });
  return (raw) => begun.run(raw, () => void server.emit('connection', raw));
}

/**
 * Looks at the first byte: starts the handshake for TLS, and tells plain HTTP clients that this port speaks
 * TLS.
 */
export function detectTls(raw: Socket, begin: Handshakes): void {
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
