/**
 * Where spans go, by the standard variables (OpenTelemetry protocol exporter specification, "Configuration Options"), and the one request
 * that brings them there. Always OTLP over HTTP in JSON.
 */
import { gzipSync } from 'node:zlib';
import { readFile } from '../../host/files.ts';
import { createHttpClient, type Outgoing, type TlsFiles } from '../../host/http-client.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { parseResourceAttributes } from '../spans/resource.ts';
import type { Reply } from './answer.ts';

/** Whether the standard variables name an OTLP endpoint and nothing switches tracing off. */
export function endpointConfigured(env: ReadonlyMap<string, string>): boolean {
  const on =
    (env.get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? '') !== '' ||
    (env.get('OTEL_EXPORTER_OTLP_ENDPOINT') ?? '') !== '';
  return (
    on && env.get('OTEL_SDK_DISABLED')?.toLowerCase() !== 'true' && env.get('OTEL_TRACES_EXPORTER') !== 'none'
  );
}

export interface Endpoint {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  /** Limit of one request, ms. */
  readonly timeoutMs: number;
  readonly gzip: boolean;
  readonly tls: TlsFiles;
}

/** Why there is nowhere to send to: one line. `wanted`: somebody named an address, and it cannot be used. */
export interface NoEndpoint {
  readonly why: string;
  readonly wanted: boolean;
}

const defaultTimeoutMs = 10_000;
const pemLimitBytes = 1024 * 1024;
/** Bytes of an answer that are read; an error message of a partial success fits. */
const answerLimitBytes = 256 * 1024;

/**
 * The address: that of the traces as it is, the general one with the path of traces (specification, "Endpoint URLs for OTLP/HTTP").
 * Undefined for what is none.
 */
function urlOf(env: ReadonlyMap<string, string>): URL | undefined {
  const own = env.get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? '';
  const general = env.get('OTEL_EXPORTER_OTLP_ENDPOINT') ?? '';
  // Without a host of its own the path would be taken for one.
  if (own === '' && !URL.canParse(general)) return undefined;
  const text = own !== '' ? own : `${general}${general.endsWith('/') ? '' : '/'}v1/traces`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined;
}

/**
 * The endpoint, or why there is none. What cannot be used of it is told in a line, without a value (headers hold keys): without a usable
 * address everything waits, without a readable certificate the request says what is wrong with it.
 */
export function readEndpoint(
  env: ReadonlyMap<string, string>,
  problem: (text: string) => void,
): Endpoint | NoEndpoint {
  if (!endpointConfigured(env)) return { why: 'no OTLP endpoint is configured', wanted: false };
  const get = (name: string) =>
    env.get(`OTEL_EXPORTER_OTLP_TRACES_${name}`) || env.get(`OTEL_EXPORTER_OTLP_${name}`) || '';
  const url = urlOf(env);
  if (url === undefined) {
    const why = 'the OTLP endpoint is no http or https address';
    problem(`${why}: spans wait until it is one`);
    return { why, wanted: true };
  }
  const pem = (name: string): Buffer | undefined => {
    const file = get(name);
    if (file === '') return undefined;
    const read = readFile({ root: '/', path: file }, pemLimitBytes);
    if (read.ok) return read.bytes;
    problem(`cannot read OTEL_EXPORTER_OTLP_${name}: ${read.why}`);
    return undefined;
  };
  const [ca, cert, key] = [pem('CERTIFICATE'), pem('CLIENT_CERTIFICATE'), pem('CLIENT_KEY')];
  const timeout = Number(get('TIMEOUT'));
  return {
    url,
    headers: {
      ...parseResourceAttributes(env.get('OTEL_EXPORTER_OTLP_HEADERS') ?? ''),
      ...parseResourceAttributes(env.get('OTEL_EXPORTER_OTLP_TRACES_HEADERS') ?? ''),
    },
    timeoutMs: Number.isFinite(timeout) && timeout > 0 ? timeout : defaultTimeoutMs,
    gzip: get('COMPRESSION') === 'gzip',
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

/** The way to an endpoint. */
export interface Sender {
  /** Sends one request in JSON; never throws. */
  post(body: Uint8Array, signal: AbortSignal): Promise<Reply>;
  close(): void;
}

/** The way to nowhere: what is to be sent waits, for that reason. */
export function noSender(why: string): Sender {
  return { post: async () => ({ ok: false, reason: 'no_endpoint', why }), close: () => {} };
}

/** A way to an endpoint that keeps its connection; `now` in ms since the epoch, for answers that name a date. */
export function createSender(endpoint: Endpoint, outgoing: Outgoing, now: () => number): Sender {
  const client = createHttpClient(outgoing, endpoint.tls);
  return {
    post: async (json, signal) => {
      const body = endpoint.gzip ? gzipSync(json) : json;
      const reply = await client.request({
        url: endpoint.url,
        method: 'POST',
        headers: {
          ...endpoint.headers,
          'Content-Type': 'application/json',
          ...(endpoint.gzip ? { 'Content-Encoding': 'gzip' } : {}),
        },
        body,
        timeoutMs: endpoint.timeoutMs,
        answerLimitBytes,
        signal,
      });
      if (!reply.ok) return reply;
      return {
        ok: true,
        status: reply.status,
        retryAfterMs: retryAfterMs(reply.headers['retry-after'], now()),
        body: reply.body.toString('utf8'),
        truncated: reply.truncated,
      };
    },
    close: () => client.close(),
  };
}
