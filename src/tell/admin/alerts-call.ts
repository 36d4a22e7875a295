/** `POST /api/v1/alertmanager` (contract §5), the same on the socket and on the admin listener. */
import type { Context, Handler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { parseBounded } from '../../catalog/bounded-json.ts';
import { type RemoteSpan, readTraceparent } from '../http/traceparent.ts';

/** Longest message: 64 alerts with long texts, which is what the shipped configuration sends at most, take a tenth of it. */
export const alertsLimitBytes = 1024 * 1024;

/** A message of an alert manager. */
export interface AlertsRequest {
  /** Parsed JSON, of anybody. */
  readonly body: unknown;
  /** ms since the epoch. */
  readonly start: number;
  readonly status: 202;
  readonly parent?: RemoteSpan;
}

/** How a message is answered. */
export type AlertsAnswer =
  | { readonly status: 202; readonly alerts: readonly object[] }
  | { readonly status: 400 | 429 | 503; readonly problem: string };

/** Takes a message in. */
export type ReceiveAlerts = (request: AlertsRequest) => Promise<AlertsAnswer>;

/** Answers 413 to what is longer than that, whether its sender says so before or not. */
export const limitBody = (maxSize: number) =>
  bodyLimit({ maxSize, onError: (c) => c.text('the body is too long\n', 413) });

/** The handler of the call, behind {@link limitBody}. */
export function alertsCall(receive: ReceiveAlerts, now: () => number): Handler {
  return async (c: Context) => {
    const start = now();
    const parsed = parseBounded(await c.req.text());
    if (!parsed.ok) return c.text(`${parsed.why}\n`, 400);
    const parent = readTraceparent(c.req.header('traceparent'));
    const answer = await receive({
      body: parsed.value,
      start,
      status: 202,
      ...(parent === undefined ? {} : { parent }),
    });
    if (answer.status === 202) return c.json({ alerts: answer.alerts }, 202);
    if (answer.status === 429) c.header('Retry-After', '60');
    return c.text(`${answer.problem}\n`, answer.status);
  };
}
