/**
 * One delivery: tried again with growing pauses while the other end is away or asks for patience, for a limited time in all. Errors name
 * status and destination, never an address or an answer: both may hold keys.
 */

import pRetry, { AbortError } from 'p-retry';
import { visibleJson } from '../../catalog/visible.ts';
import type { HttpClient, HttpRequest } from '../../host/http-client.ts';
import { retryAfterMs } from '../http/retry-after.ts';

export interface PostOptions {
  /** Limit of the whole delivery, ms. */
  readonly limitMs: number;
  /** Limit of one request, ms. */
  readonly requestMs: number;
  /** The first pause, ms; doubled after each failure. */
  readonly pauseMs: number;
}

const defaultPostOptions: PostOptions = { limitMs: 10_000, requestMs: 4_000, pauseMs: 500 };

/** A failure after which trying again makes sense; `afterMs` where the answer said when. */
export class TryAgain extends Error {
  readonly afterMs: number | undefined;
  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

const retried = new Set([408, 425, 429]);

/** How long a request may take, and what ends all requests of an attempt. */
export type Limit = Required<Pick<HttpRequest, 'timeoutMs' | 'signal'>>;

/** Bytes of an answer that are read; those that matter are far shorter. */
const answerLimitBytes = 64 * 1024;

/** One request; a JSON body makes it a POST. Answers the text; throws {@link TryAgain} or AbortError. Redirects are not followed: they would carry keys on. */
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

/** Runs a delivery until it succeeds, is refused for good, or the time is up; rejects with the last problem. */
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
        // A request that the end cut short says less of the other end than the one before it.
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
