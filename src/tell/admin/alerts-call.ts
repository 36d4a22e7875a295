/** The call `POST /api/v1/alertmanager` (contract §5), shared by the socket and the admin listener. */
import type { Context, Handler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { parseBounded } from '../../catalog/bounded-json.ts';
import { type RemoteSpan, readTraceparent } from '../http/traceparent.ts';

/**
 * Longest message in bytes. The shipped configuration sends at most 64 alerts, which take a tenth of it with
 * long texts.
 */
export const alertsLimitBytes = 1024 * 1024;

/** A message of Alertmanager or Grafana. */
export interface AlertsRequest {
  /** Parsed JSON from an untrusted sender. */
  readonly body: unknown;
  /** ms since the epoch. */
  readonly start: number;
  readonly status: 202;
  readonly parent?: RemoteSpan;
}

/** The answer to a message. */
export type AlertsAnswer =
  | { readonly status: 202; readonly alerts: readonly object[] }
  | { readonly status: 400 | 429 | 503; readonly problem: string };

/** Handles a message. */
export type ReceiveAlerts = (request: AlertsRequest) => Promise<AlertsAnswer>;

/** Answers 413 to a body longer than `maxSize`, whether or not it was announced by Content-Length. */
export const limitBody = (maxSize: number) =>
  bodyLimit({ maxSize, onError: (c) => c.text('the body is too long\n', 413) });

/** Returns the handler of the call, to be placed after {@link limitBody}. */
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
