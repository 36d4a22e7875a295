/**
 * The body for other webhook receivers (schema godrift.notification/1): the document of the check, and what
 * changed since the last notification.
 */
import { checkDocument } from '../reports/document.ts';
import { annotationsOf, gravest, headline, type Notification } from './notification.ts';

/** Returns the body. `status` is `resolved` if nothing fires any more. */
export function webhookBody(notification: Notification): object {
  const { firing, ended, host, now, state, version } = notification;
  return {
    schema: 'godrift.notification/1',
    status: firing.length === 0 ? 'resolved' : 'firing',
    time: new Date(now).toISOString(),
    host,
    severity: gravest(firing),
    summary: headline(notification),
    alerts: [
      ...firing.map((one) => ({
        id: one.id,
        status: 'firing',
        since: new Date(one.since).toISOString(),
        labels: one.labels,
        annotations: annotationsOf(one),
      })),
      ...ended.map(({ id, labels, summary, since }) => ({
        id,
        status: 'resolved',
        since: new Date(since).toISOString(),
        labels,
        annotations: { summary },
      })),
    ],
    check: checkDocument(state, version),
  };
}
