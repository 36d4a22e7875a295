/** Alerts for Alertmanager's v2 API (alertmanager api/v2/openapi.yaml: postableAlerts). */
import { annotationsOf, type Notification } from './notification.ts';

/** The address of the call below a base URL. */
export function alertsUrl(base: URL): URL {
  const url = new URL(base);
  if (!url.pathname.endsWith('/api/v2/alerts'))
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
  return url;
}

/** Shortest life of an alert, ms: one that is told in each check must not end between them. */
const shortestLife = 3_600_000;

/**
 * The body. What fires ends by itself two windows from now, an hour at least, unless it is told again before: nobody resolves the alerts of a host that is
 * gone. What ended, ends now.
 */
export function alertmanagerBody({ firing, ended, now, windowMs }: Notification): readonly object[] {
  const time = (ms: number) => new Date(ms).toISOString();
  return [
    ...firing.map((one) => ({
      labels: one.labels,
      annotations: annotationsOf(one),
      startsAt: time(one.since),
      endsAt: time(now + Math.max(2 * windowMs, shortestLife)),
    })),
    ...ended.map(({ labels, summary, since }) => ({
      labels,
      annotations: { summary },
      startsAt: time(Math.min(since, now)),
      endsAt: time(now),
    })),
  ];
}
