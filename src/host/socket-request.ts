/** Sends one HTTP request over a local Unix socket: how a command asks a running exporter. */
import http from 'node:http';
import { errorCode } from './errors.ts';

/** The reply. `refused`: no process listens, or it does not speak HTTP. */
export type SocketAnswer =
  | { readonly ok: true; readonly status: number; readonly body: string }
  | { readonly ok: false; readonly refused: boolean; readonly why: string };

const answerLimitBytes = 64 * 1024 * 1024;

/** Sends a request with a JSON body (or none) and reads the whole reply; never rejects. */
export function requestSocket(
  socketPath: string,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body: unknown,
  timeoutMs: number,
): Promise<SocketAnswer> {
  return new Promise((resolve) => {
    const payload = body === undefined ? '' : JSON.stringify(body);
    const headers =
      payload === ''
        ? {}
        : { 'Content-Type': 'application/json', 'Content-Length': Buffer.byteLength(payload) };
    const request = http.request({ socketPath, method, path, headers, timeout: timeoutMs }, (response) => {
      const chunks: Buffer[] = [];
      let size = 0;
      response.on('data', (chunk: Buffer) => {
        size += chunk.length;
        if (size > answerLimitBytes) request.destroy(new Error('the answer is too long'));
        else chunks.push(chunk);
      });
      response.on('end', () =>
        resolve({ ok: true, status: response.statusCode ?? 0, body: Buffer.concat(chunks).toString('utf8') }),
      );
      response.on('error', (error) => resolve({ ok: false, refused: false, why: error.message }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${timeoutMs / 1000} s`)));
    request.on('error', (error) => {
      const refused = ['ECONNREFUSED', 'ENOENT', 'ECONNRESET', 'EPIPE'].includes(errorCode(error));
      resolve({ ok: false, refused, why: errorCode(error) || error.message });
    });
    request.end(payload);
  });
}
