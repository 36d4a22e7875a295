/**
 * Parses alerts from outside: webhooks (Alertmanager's version 4, Grafana's version 1) and answers of `GET
 * /api/v2/alerts`. The fields in use are validated strictly; other fields are ignored, because each release
 * adds some. Pure.
 */
import * as z from 'zod';
import { visible } from '../../catalog/visible.ts';
import type { alertSources } from '../../drift/alert-events.ts';
import { plainIssue } from '../../store/plain-issue.ts';

/** The fields of an alert that a rollback request needs. */
export interface ReceivedAlert {
  readonly firing: boolean;
  readonly labels: Readonly<Record<string, string>>;
  /** The `summary` annotation; arbitrary text of the sender. */
  readonly summary?: string;
  /** Hash of its labels, 16 hex digits: the same for all firings of the alert. */
  readonly fingerprint: string;
  /** Start in ms since the epoch. The API has no higher precision; a webhook has. */
  readonly startedAt: number;
}

/** The alerts of one message, or why it is invalid, in one line. */
export type Received =
  | {
      readonly ok: true;
      readonly source: (typeof alertSources)[number];
      readonly alerts: readonly ReceivedAlert[];
      /** Number of alerts that the sender left out. */
      readonly truncated: number;
    }
  | { readonly ok: false; readonly why: string };

/** Most alerts in one message; the shipped configuration sends 64. */
export const mostAlerts = 1_000;

const texts = z.record(z.string(), z.string());

const shared = {
  labels: texts,
  annotations: texts.nullish(),
  startsAt: z.iso.datetime({ offset: true }),
  fingerprint: z.string().regex(/^[0-9a-f]{16}$/, 'must be a fingerprint: 16 hex digits'),
};

const alert = z.object({ ...shared, status: z.enum(['firing', 'resolved']) });

const message = {
  status: z.string(),
  alerts: z.array(alert).max(mostAlerts, `holds more than ${mostAlerts} alerts`),
  truncatedAlerts: z.int().nonnegative().default(0),
};

/** Grafana sends the same alerts with another version, and the id of the organisation. */
const webhook = z.discriminatedUnion(
  'version',
  [
    z.object({ version: z.literal('4'), ...message }),
    z.object({ version: z.literal('1'), orgId: z.int(), ...message }),
  ],
  {
    error: ({ code }) =>
      code === 'invalid_union' ? 'must be "4", as Alertmanager sends it, or "1", as Grafana does' : undefined,
  },
);

const polled = z
  .array(
    z.object({
      ...shared,
      status: z.object({
        state: z.string(),
        silencedBy: z.array(z.string()).nullish(),
        inhibitedBy: z.array(z.string()).nullish(),
        mutedBy: z.array(z.string()).nullish(),
      }),
    }),
  )
  .max(mostAlerts, `holds more than ${mostAlerts} alerts`);

/** Longest explanation, in UTF-16 units; it may contain label names. */
const longestWhy = 300;

/** Returns the first problem in one line, and how many more there are. */
function explain({ issues }: z.ZodError): string {
  const [issue] = issues;
  if (issue === undefined) return 'it cannot be understood';
  const where = issue.path.map(String).join('.') || 'the body';
  const more = issues.length > 1 ? `; and ${issues.length - 1} more` : '';
  const what = plainIssue(issue);
  return visible(`${where.slice(0, longestWhy / 2)} ${what.slice(0, longestWhy / 2)}`) + more;
}

type Shared = z.infer<z.ZodObject<typeof shared>>;

const receivedOf = (
  { labels, annotations, startsAt, fingerprint }: Shared,
  firing: boolean,
): ReceivedAlert => {
  const summary =
    annotations != null && Object.hasOwn(annotations, 'summary') ? annotations['summary'] : undefined;
  return {
    firing,
    labels,
    ...(summary === undefined ? {} : { summary }),
    fingerprint,
    startedAt: Date.parse(startsAt),
  };
};

/** Reads the alerts of a webhook's body (parsed JSON). */
export function readWebhook(body: unknown): Received {
  const parsed = webhook.safeParse(body);
  if (!parsed.success) return { ok: false, why: explain(parsed.error) };
  const { version, alerts, truncatedAlerts: truncated } = parsed.data;
  const received = alerts.map((one) => receivedOf(one, one.status === 'firing'));
  return { ok: true, source: version === '4' ? 'alertmanager' : 'grafana', alerts: received, truncated };
}

/**
 * Reads the alerts of an API answer (parsed JSON), except silenced and inhibited ones, which people are not
 * notified of.
 */
export function readPolled(body: unknown): Received {
  const parsed = polled.safeParse(body);
  if (!parsed.success) return { ok: false, why: explain(parsed.error) };
  const told = parsed.data.filter(
    ({ status: { state, silencedBy, inhibitedBy, mutedBy } }) =>
      state === 'active' && [silencedBy, inhibitedBy, mutedBy].every((by) => (by?.length ?? 0) === 0),
  );
  return { ok: true, source: 'poll', alerts: told.map((one) => receivedOf(one, true)), truncated: 0 };
}
