/**
 * The gate of a listener according to its web configuration: TLS and client certificates for a connection;
 * rate limit, headers and users for a request.
 */
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { type ComparePassword, createBasicAuth } from './basic-auth.ts';
import { overlayHeaders } from './response-headers.ts';
import type { Gate } from './server.ts';
import { detectTls, type Handshakes, handshakes, type RefusedCertificate } from './tls-handshake.ts';
import { type Bucket, tokenBucket } from './token-bucket.ts';
import type { WebConfig } from './web-config.ts';
import type { RateLimit, TlsSettings } from './web-settings.ts';

export interface WebGateOptions {
  readonly compare: ComparePassword;
  /**
   * False if callers are authorized otherwise, by bearer tokens: a request has only one `Authorization`
   * header.
   */
  readonly asksUsers?: boolean;
  /** Receives refused client certificates. */
  readonly refused?: RefusedCertificate;
}

function refuse(
  response: ServerResponse,
  status: number,
  text: string,
  headers: Readonly<Record<string, string>> = {},
): void {
  const body = `${text}\n`;
  response.writeHead(status, {
    'Content-Type': 'text/plain; charset=utf-8',
    'Content-Length': Buffer.byteLength(body),
    'X-Content-Type-Options': 'nosniff',
    ...headers,
  });
  response.end(body);
}

/** Returns a function that keeps one bucket for as long as the limit does not change. */
function bucketKeeper(): (limit: RateLimit | undefined) => Bucket | undefined {
  let kept: { readonly limit: RateLimit; readonly bucket: Bucket } | undefined;
  return (limit) => {
    if (limit === undefined) return undefined;
    if (kept === undefined || kept.limit.intervalMs !== limit.intervalMs || kept.limit.burst !== limit.burst)
      kept = { limit, bucket: tokenBucket(limit) };
    return kept.bucket;
  };
}

/** Creates a gate. */
export function createWebGate(
  config: WebConfig,
  { compare, asksUsers = true, refused = () => {} }: WebGateOptions,
): Gate {
  const verdict = createBasicAuth(compare);
  const bucketOf = bucketKeeper();
  return {
    door: (serve) => {
      const begun = new WeakMap<TlsSettings, Handshakes>();
      const handshakesOf = (settings: TlsSettings): Handshakes => {
        const known = begun.get(settings) ?? handshakes(settings, serve, refused);
        begun.set(settings, known);
        return known;
      };
      return (raw: Socket) => {
        raw.on('error', () => {});
        void config.current().then(({ tls }) => {
          if (raw.destroyed) return;
          if (tls === undefined) serve(raw, raw);
          else detectTls(raw, handshakesOf(tls));
        });
      };
    },
    async admit(request, response) {
      const { headers, rateLimit, users } = await config.current();
      overlayHeaders(response, headers);
      if (bucketOf(rateLimit)?.(performance.now()) === false) {
        refuse(response, 429, 'too many requests', { 'Retry-After': '1' });
        return false;
      }
      if (!asksUsers || users.size === 0) return true;
      const { authorization } = request.headers;
      switch (await verdict(users, authorization)) {
        case 'yes':
          return true;
        case 'busy':
          refuse(response, 503, 'too many passwords to compare', { 'Retry-After': '1' });
          return false;
        default:
          refuse(response, 401, 'no valid user and password', {
            'WWW-Authenticate': 'Basic realm="godrift", charset="UTF-8"',
          });
          return false;
      }
    },
  };
}
