/** Builds requests for Alertmanager's v2 API (alertmanager api/v2/openapi.yaml: postableAlerts). */
import { annotationsOf, type Notification } from './notification.ts';

/** Returns the URL of the call for a base URL. */
export function alertsUrl(base: URL): URL {
  const url = new URL(base);
  if (!url.pathname.endsWith('/api/v2/alerts'))
    url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v2/alerts`;
  return url;
}

/** Least lifetime of an alert, in ms: an alert that each check repeats must not end between two checks. */
const shortestLife = 3_600_000;

/**
 * Returns the request body. A firing alert ends by itself after two windows, at least an hour, unless it is
 * sent again: nobody would resolve the alerts of a host that is gone. A resolved alert ends now.
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
