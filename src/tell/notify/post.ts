/**
 * Delivers a notification, with retries and growing pauses while the other side is down or asks for patience,
 * for a limited total time. Errors name status and destination, never a URL or an answer: both may contain
 * keys.
 */

import pRetry, { AbortError } from 'p-retry';
import { visibleJson } from '../../catalog/visible.ts';
import type { HttpClient, HttpRequest } from '../../host/http-client.ts';
import { retryAfterMs } from '../http/retry-after.ts';

export interface PostOptions {
  /** Time limit of the whole delivery, in ms. */
  readonly limitMs: number;
  /** Time limit of one request, in ms. */
  readonly requestMs: number;
  /** First pause, in ms; doubled after each failure. */
  readonly pauseMs: number;
}

const defaultPostOptions: PostOptions = { limitMs: 10_000, requestMs: 4_000, pauseMs: 500 };

/** A failure that may go away. `afterMs` is set if the answer said when to retry. */
export class TryAgain extends Error {
  readonly afterMs: number | undefined;
  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

const retried = new Set([408, 425, 429]);

/** Time limit of a request, and the signal that aborts all requests of an attempt. */
export type Limit = Required<Pick<HttpRequest, 'timeoutMs' | 'signal'>>;

/** Most bytes of an answer that are read; relevant answers are far shorter. */
const answerLimitBytes = 64 * 1024;

/**
 * Sends one request, a POST if there is a JSON body, and resolves to the text of the answer. Throws {@link
 * TryAgain} or AbortError. Redirects are not followed, because they would forward keys.
 */
export async function request(
  client: HttpClient,
  {
    url,
    headers = {},
    body,
  }: { readonly url: URL; readonly headers?: Readonly<Record<string, string>>; readonly body?: unknown },
  limit: Limit,
): Promise<string> {
  const reply = await client.request({
    url,
    headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
    ...(body === undefined ? { method: 'GET' } : { method: 'POST', body: Buffer.from(visibleJson(body)) }),
    ...limit,
    answerLimitBytes,
  });
  if (!reply.ok) throw new TryAgain(reply.why);
  if (reply.status >= 200 && reply.status < 300) return reply.body.toString();
  const problem = `it answered ${reply.status}`;
  if (reply.status >= 500 || retried.has(reply.status))
    throw new TryAgain(problem, retryAfterMs(reply.headers['retry-after'], Date.now()));
  throw new AbortError(problem);
}

/**
 * Repeats `attempt` until it succeeds, fails permanently, or the time is up. Rejects with the last problem.
 */
export async function deliver<T>(
  attempt: (limit: Limit) => Promise<T>,
  { limitMs, requestMs, pauseMs }: PostOptions = defaultPostOptions,
): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  return await pRetry(
    async () => {
      const left = end - performance.now();
      const timeoutMs = Math.max(1, Math.ceil(Math.min(requestMs, left)));
      const signal = AbortSignal.timeout(timeoutMs);
      try {
        return await attempt({ timeoutMs, signal });
      } catch (error) {
        // A request that the time limit cut short says less about the other side than the failure before it.
        if (last === undefined || left >= requestMs || !signal.aborted) last = error;
        throw last;
      }
    },
    {
      retries: 8,
      minTimeout: pauseMs,
      factor: 2,
      randomize: true,
      maxRetryTime: limitMs,
      onFailedAttempt: async ({ error }) => {
        const wait = error instanceof TryAgain ? (error.afterMs ?? 0) : 0;
        if (wait === 0) return;
        if (wait > end - performance.now())
          throw new Error(`${error.message} and asks to wait ${Math.ceil(wait / 1000)} s`);
        await new Promise((resolve) => setTimeout(resolve, wait));
      },
    },
  );
}
