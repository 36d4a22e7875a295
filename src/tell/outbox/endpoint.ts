/**
 * Reads the OTLP endpoint from the standard variables (OpenTelemetry protocol exporter specification,
 * "Configuration Options") and sends requests to it. Always OTLP over HTTP with JSON.
 */
import { gzipSync } from 'node:zlib';
import { readFile } from '../../host/files.ts';
import { createHttpClient, isHeader, type Outgoing, type TlsFiles } from '../../host/http-client.ts';
import { retryAfterMs } from '../http/retry-after.ts';
import { parseResourceAttributes } from '../spans/resource.ts';
import type { Reply } from './answer.ts';

type Env = ReadonlyMap<string, string>;

/** Reports whether the standard variables name an OTLP endpoint and do not switch tracing off. */
export function endpointConfigured(env: Env): boolean {
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
  /** Time limit of one request, in ms. */
  readonly timeoutMs: number;
  readonly gzip: boolean;
  readonly tls: TlsFiles;
}

/** Why there is no endpoint, in one line. `wanted`: an address is configured but unusable. */
export interface NoEndpoint {
  readonly why: string;
  readonly wanted: boolean;
}

const defaultTimeoutMs = 10_000;
/** Longest timer of Node (2³¹ − 1 ms); longer ones fire at once. */
const longestTimeoutMs = 2_147_483_647;
const pemLimitBytes = 1024 * 1024;
/** Most bytes of an answer that are read; an error message of a partial success fits. */
const answerLimitBytes = 256 * 1024;

/**
 * Returns the URL: the traces endpoint unchanged, or the general endpoint with the path for traces appended
 * (specification, "Endpoint URLs for OTLP/HTTP"). Undefined for an invalid one.
 */
function urlOf(env: Env): URL | undefined {
  const own = env.get('OTEL_EXPORTER_OTLP_TRACES_ENDPOINT') ?? '';
  const general = env.get('OTEL_EXPORTER_OTLP_ENDPOINT') ?? '';
  // Without a host, the appended path would be parsed as one.
  if (own === '' && !URL.canParse(general)) return undefined;
  const text = own !== '' ? own : `${general}${general.endsWith('/') ? '' : '/'}v1/traces`;
  const url = URL.canParse(text) ? new URL(text) : undefined;
  return url !== undefined && /^https?:$/.test(url.protocol) ? url : undefined;
}

/** A variable and its value; `''` if it is not set. */
interface NamedSetting {
  readonly variable: string;
  readonly value: string;
}

/** Returns the traces variable if it is set, otherwise the general one. */
function setting(env: Env, name: string): NamedSetting {
  const [own, general] = [`OTEL_EXPORTER_OTLP_TRACES_${name}`, `OTEL_EXPORTER_OTLP_${name}`];
  const variable = (env.get(own) ?? '') === '' ? general : own;
  return { variable, value: env.get(variable) ?? '' };
}

/**
 * Returns the headers in a variable that are valid in HTTP. Others are reported by their position, never by
 * name: part of a key may be where a name should be.
 */
function headersOf(
  env: Env,
  variable: string,
  problem: (text: string) => void,
): Readonly<Record<string, string>> {
  const pairs = (env.get(variable) ?? '').split(',');
  const found: Record<string, string> = {};
  for (const [index, pair] of pairs.entries()) {
    if (pair.trim() === '') continue;
    const [header] = Object.entries(parseResourceAttributes(pair));
    if (header !== undefined && isHeader(...header)) found[header[0]] = header[1];
    else problem(`number ${index + 1} in ${variable} is no name=value that HTTP allows: it is left out`);
  }
  return found;
}

function timeoutOf({ variable, value }: NamedSetting, problem: (text: string) => void): number {
  if (value === '') return defaultTimeoutMs;
  const timeout = Number(value);
  if (timeout > 0 && timeout <= longestTimeoutMs) return timeout;
  problem(
    `${variable} is no number of ms from 1 to ${longestTimeoutMs}: a request takes ${defaultTimeoutMs} ms at most`,
  );
  return defaultTimeoutMs;
}

function isGzip({ variable, value }: NamedSetting, problem: (text: string) => void): boolean {
  if (!['', 'none', 'gzip'].includes(value))
    problem(`${variable} is neither gzip nor none: what is sent is not compressed`);
  return value === 'gzip';
}

/**
 * Reads the endpoint, or why there is none. Unusable settings are reported in one line each, without their
 * values (headers hold keys). Without a usable URL all spans wait; without a readable certificate the request
 * fails and says why.
 */
export function readEndpoint(env: Env, problem: (text: string) => void): Endpoint | NoEndpoint {
  if (!endpointConfigured(env)) return { why: 'no OTLP endpoint is configured', wanted: false };
  const url = urlOf(env);
  if (url === undefined) {
    const why = 'the OTLP endpoint is no http or https address';
    problem(`${why}: spans wait until it is one`);
    return { why, wanted: true };
  }
  const pem = (name: string): Buffer | undefined => {
    const { variable, value } = setting(env, name);
    if (value === '') return undefined;
    const read = readFile({ root: '/', path: value }, pemLimitBytes);
    if (read.ok) return read.bytes;
    problem(`cannot read the file of ${variable}: ${read.why}`);
    return undefined;
  };
  const [ca, cert, key] = [pem('CERTIFICATE'), pem('CLIENT_CERTIFICATE'), pem('CLIENT_KEY')];
  return {
    url,
    headers: {
      ...headersOf(env, 'OTEL_EXPORTER_OTLP_HEADERS', problem),
      ...headersOf(env, 'OTEL_EXPORTER_OTLP_TRACES_HEADERS', problem),
    },
    timeoutMs: timeoutOf(setting(env, 'TIMEOUT'), problem),
    gzip: isGzip(setting(env, 'COMPRESSION'), problem),
    tls: {
      ...(ca === undefined ? {} : { ca }),
      ...(cert === undefined ? {} : { cert }),
      ...(key === undefined ? {} : { key }),
    },
  };
}

/** Sends requests to an endpoint. */
export interface Sender {
  /** Sends one JSON request. Never throws. */
  post(body: Uint8Array, signal: AbortSignal): Promise<Reply>;
  close(): void;
}

/** Returns a sender without an endpoint: everything waits, for the reason `why`. */
export function noSender(why: string): Sender {
  return { post: async () => ({ ok: false, reason: 'no_endpoint', why }), close: () => {} };
}

/**
 * Creates a sender with a persistent connection. `now` is in ms since the epoch, for answers that name a
 * date.
 */
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
