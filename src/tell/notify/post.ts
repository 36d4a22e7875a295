/**
 * One delivery: tried again with growing pauses while the other end is away or asks for patience, for a limited time in all. Errors name
 * status and destination, never an address or an answer: both may hold keys.
 */

import pRetry, { AbortError } from 'p-retry';
import { visibleJson } from '../../catalog/visible.ts';
import { retryAfterMs } from '../http/retry-after.ts';

export interface PostOptions {
  /** Limit of the whole delivery, ms. */
  readonly limitMs: number;
  /** Limit of one request, ms. */
  readonly requestMs: number;
  /** The first pause, ms; doubled after each failure. */
  readonly pauseMs: number;
}

export const defaultPostOptions: PostOptions = { limitMs: 10_000, requestMs: 4_000, pauseMs: 500 };

/** A failure after which trying again makes sense; `afterMs` where the answer said when. */
export class TryAgain extends Error {
  readonly afterMs: number | undefined;
  constructor(message: string, afterMs?: number) {
    super(message);
    this.afterMs = afterMs;
  }
}

/** The words for a request that got no answer. */
function network(error: unknown): string {
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  if (name === 'TimeoutError') return 'no answer in time';
  return cause?.code ?? 'no connection';
}

const retried = new Set([408, 425, 429]);

/** Bytes of an answer that are read; those that matter are far shorter. */
const answerLimit = 64 * 1024;

/** The first bytes of an answer as text, however long it is. */
async function beginningOf(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let left = answerLimit;
  for await (const chunk of response.body ?? []) {
    chunks.push(chunk.subarray(0, left));
    left -= chunk.length;
    // Leaving the loop cancels the stream.
    if (left <= 0) break;
  }
  return Buffer.concat(chunks).toString();
}

/** One request; a JSON body makes it a POST. Throws {@link TryAgain} or AbortError. Redirects are not followed: they would carry keys on. */
export async function request(
  url: URL,
  headers: Readonly<Record<string, string>>,
  body: unknown,
  signal: AbortSignal,
): Promise<string> {
  let response: Response;
  let text: string;
  try {
    response = await fetch(url, {
      method: body === undefined ? 'GET' : 'POST',
      headers: { ...headers, ...(body === undefined ? {} : { 'Content-Type': 'application/json' }) },
      ...(body === undefined ? {} : { body: visibleJson(body) }),
      redirect: 'manual',
      signal,
    });
    text = await beginningOf(response);
  } catch (error) {
    throw new TryAgain(network(error));
  }
  if (response.ok) return text;
  const problem = `it answered ${response.status}`;
  if (response.status >= 500 || retried.has(response.status))
    throw new TryAgain(problem, retryAfterMs(response.headers.get('Retry-After'), Date.now()));
  throw new AbortError(problem);
}

/** Runs a delivery until it succeeds, is refused for good, or the time is up; rejects with the last problem. */
export async function deliver<T>(
  attempt: (signal: AbortSignal) => Promise<T>,
  { limitMs, requestMs, pauseMs }: PostOptions = defaultPostOptions,
): Promise<T> {
  const end = performance.now() + limitMs;
  let last: unknown;
  return await pRetry(
    async () => {
      const left = end - performance.now();
      const signal = AbortSignal.timeout(Math.max(1, Math.ceil(Math.min(requestMs, left))));
      try {
        return await attempt(signal);
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
