/** One HTTP request with a deadline over all of it: connecting, sending, and the last byte of the answer. Nothing throws, nothing is followed. */
import http from 'node:http';
import https from 'node:https';
import { errorCode } from './errors.ts';

export interface HttpRequest {
  readonly url: URL;
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Limit of the whole exchange, ms. */
  readonly timeoutMs: number;
  /** Bytes of an answer that are read; one that is longer is `truncated`. */
  readonly answerLimitBytes: number;
  /** Ends the request before its time. */
  readonly signal?: AbortSignal;
}

/** What was answered; without an answer that is whole or at the limit, why in a few words. */
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
  /** Closes what is kept open. */
  close(): void;
}

/** PEM texts of a TLS connection: whom to trust, and who we are. */
export interface TlsFiles {
  readonly ca?: Buffer;
  readonly cert?: Buffer;
  readonly key?: Buffer;
}

/** A client that keeps one connection open between requests. */
export function createHttpClient(tls: TlsFiles = {}): HttpClient {
  const kept = { keepAlive: true, maxSockets: 1 };
  const agents = { http: new http.Agent(kept), https: new https.Agent({ ...kept, ...tls }) };
  return {
    request: (request) =>
      new Promise((resolve) => {
        const secure = request.url.protocol === 'https:';
        const signal = AbortSignal.any([
          AbortSignal.timeout(request.timeoutMs),
          ...(request.signal === undefined ? [] : [request.signal]),
        ]);
        const fail = (error: unknown) =>
          resolve({
            ok: false,
            why: signal.aborted ? 'no answer in time' : errorCode(error) || 'no connection',
          });
        const { url, method, headers, body } = request;
        const length = body === undefined ? {} : { 'Content-Length': body.length };
        const options = { method, headers: { ...headers, ...length }, signal };
        try {
          const sent = secure
            ? https.request(url, { ...options, agent: agents.https })
            : http.request(url, { ...options, agent: agents.http });
          sent.on('error', fail);
          sent.on('response', (response) => {
            readReply(response, request.answerLimitBytes, resolve, fail);
          });
          sent.end(body);
        } catch (error) {
          fail(error);
        }
      }),
    close: () => {
      agents.http.destroy();
      agents.https.destroy();
    },
  };
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
