/**
 * Sends one HTTP request, with a deadline for the whole exchange (connecting, sending, the last byte of the
 * reply), through a proxy if the environment names one. Never throws, and follows no redirect.
 */
import http from 'node:http';
import https from 'node:https';
import { errorCode } from './errors.ts';
import type { ProxyFor } from './proxy-environment.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Time limit of the whole exchange, ms. */
  readonly timeoutMs: number;
  /** Bytes of the reply that are read; a longer one is `truncated`. */
  readonly answerLimitBytes: number;
  /** Aborts the request. */
  readonly signal?: AbortSignal;
}

/** The reply; or, unless it is complete or truncated, why there is none, in a few words. */
export type HttpReply =
  | {
      readonly ok: true;
      readonly status: number;
      readonly headers: Readonly<Record<string, string | undefined>>;
      readonly body: Buffer;
      readonly truncated: boolean;
    }
  | { readonly ok: false; readonly why: string };

export interface HttpClient {
  request(request: HttpRequest): Promise<HttpReply>;
  /** Closes kept connections. */
  close(): void;
}

/** PEM texts of a TLS connection: trusted authorities, client certificate and key. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** Settings of all outgoing requests. */
export interface Outgoing {
  /** `User-Agent` of each request, so that the log of the server shows who asked. */
  readonly userAgent: string;
  readonly proxyFor: ProxyFor;
}

/**
 * Reports whether HTTP allows a header of that name and value (RFC 9110, section 5); a request with an
 * invalid one is not sent at all.
 */
export function isHeader(name: string, value: string): boolean {
  try {
    http.validateHeaderName(name);
    http.validateHeaderValue(name, value);
    return true;
  } catch {
    return false;
  }
}

/** Creates a client that keeps one connection open between requests. */
export function createHttpClient({ userAgent, proxyFor }: Outgoing, tls: TlsFiles = {}): HttpClient {
  const kept = { keepAlive: true, maxSockets: 1 };
  const agents = { 'http:': new http.Agent(kept), 'https:': new https.Agent({ ...kept, ...tls }) };
  const proxied = new Map<string, Promise<http.Agent>>();
  const throughProxy = ({ protocol }: URL, proxy: URL): Promise<http.Agent> => {
    const key = `${protocol} ${proxy.href}`;
    const made = proxied.get(key) ?? proxyAgent(protocol, proxy, kept);
    proxied.set(key, made);
    return made;
  };
  return {
    request: async (request) => {
      const headers = { 'User-Agent': userAgent, ...request.headers };
      const way = proxyFor(request.url);
      if (way === undefined) {
        const agent = request.url.protocol === 'https:' ? agents['https:'] : agents['http:'];
        return await exchange({ ...request, headers }, { agent });
      }
      if ('why' in way) return { ok: false, why: way.why };
      const agent = await throughProxy(request.url, way.proxy);
      const reply = await exchange({ ...request, headers }, { agent, ...tls });
      return reply.ok ? reply : { ...reply, why: `${reply.why} (through the proxy ${way.proxy.host})` };
    },
    close: () => {
      for (const agent of Object.values(agents)) agent.destroy();
      for (const made of proxied.values()) void made.then((agent) => agent.destroy());
    },
  };
}

/**
 * Creates the agent of a proxy: a tunnel for https, absolute-form requests for http. The packages are loaded
 * only where a proxy is used.
 */
async function proxyAgent(protocol: string, { href }: URL, kept: http.AgentOptions): Promise<http.Agent> {
  const proxy = new URL(href);
  const basic = Buffer.from(`${decoded(proxy.username)}:${decoded(proxy.password)}`).toString('base64');
  const isNamed = proxy.username !== '' || proxy.password !== '';
  // The packages print the address where DEBUG asks for it, so the password must not be in it.
  [proxy.username, proxy.password] = ['', ''];
  const options = { ...kept, ...(isNamed ? { headers: { 'Proxy-Authorization': `Basic ${basic}` } } : {}) };
  return protocol === 'https:'
    ? new (await import('https-proxy-agent')).HttpsProxyAgent(proxy, options)
    : new (await import('http-proxy-agent')).HttpProxyAgent(proxy, options);
}

/** Decodes a part of a URL; returns it unchanged if its escapes are invalid. */
function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function exchange(
  { url, method, headers, body, timeoutMs, signal, answerLimitBytes }: HttpRequest,
  how: Pick<https.RequestOptions, 'agent' | 'ca' | 'cert' | 'key'>,
): Promise<HttpReply> {
  return new Promise((resolve) => {
    const ended = AbortSignal.any([
      AbortSignal.timeout(timeoutMs),
      ...(signal === undefined ? [] : [signal]),
    ]);
    const fail = (error: unknown) =>
      resolve({ ok: false, why: ended.aborted ? 'no answer in time' : errorCode(error) || 'no connection' });
    const length = body === undefined ? {} : { 'Content-Length': body.length };
    const options = { ...how, method, headers: { ...headers, ...length }, signal: ended };
    try {
      const sent = (url.protocol === 'https:' ? https : http).request(url, options);
      sent.on('error', fail);
      sent.on('response', (response) => {
        readReply(response, answerLimitBytes, resolve, fail);
      });
      sent.end(body);
    } catch (error) {
      fail(error);
    }
  });
}

function readReply(
  response: http.IncomingMessage,
  limitBytes: number,
  resolve: (reply: HttpReply) => void,
  fail: (error: unknown) => void,
): void {
  const chunks: Buffer[] = [];
  let size = 0;
  const answer = (truncated: boolean) => {
    const headers: Record<string, string | undefined> = {};
    for (const [name, value] of Object.entries(response.headers)) headers[name] = String(value);
    const body = Buffer.concat(chunks).subarray(0, limitBytes);
    resolve({ ok: true, status: response.statusCode ?? 0, headers, body, truncated });
  };
  response.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    size += chunk.length;
    if (size <= limitBytes) return;
    answer(true);
    response.destroy();
  });
  response.on('end', () => answer(false));
  response.on('error', fail);
}
