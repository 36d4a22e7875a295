/** Wires the alert inbox: webhook messages and poll results come in, journal lines and rollbacks come out. */

import type { AlertCounts } from '../../drift/state.ts';
import { randomHex } from '../../host/digest.ts';
import { steadyClock, systemClock } from '../../host/machine.ts';
import { systemTimer } from '../../host/timer.ts';
import { appendJournal } from '../../store/journal.ts';
import type { AlertsAnswer, AlertsRequest } from '../../tell/admin/alerts-call.ts';
import { AlertInbox, type InboxPorts, type Taken } from '../../undo/alerts/inbox.ts';
import { type Received, readWebhook } from '../../undo/alerts/received.ts';
import { type Exporter, type Parts, stillStarts } from './exporter.ts';

/** The alert inbox of an exporter. */
export interface Alerts {
  /**
   * Takes a webhook message of Alertmanager or Grafana and returns the HTTP status with the decisions or the
   * problem.
   */
  readonly receive: (request: AlertsRequest) => Promise<AlertsAnswer>;
  /** Takes the alerts that a poll found. */
  readonly polled: (received: Extract<Received, { ok: true }>) => Promise<Taken>;
  readonly counts: () => AlertCounts;
  /** Continues with requests that were still undecided when the previous process ended. */
  readonly resume: () => Promise<void>;
  /** Stops the inbox: no further rollback begins. */
  readonly stop: () => Promise<void>;
}

const starting = { ok: false, busy: false, why: stillStarts } as const;

function portsOf(
  exporter: Exporter,
  parts: Parts,
  decide: InboxPorts['decide'],
  count: InboxPorts['count'],
): InboxPorts {
  return {
    targets: () => exporter.discovery?.targets() ?? [],
    asked: () => parts.asked(),
    append: async (event) => {
      const journal = parts.store.journal();
      if (journal === undefined)
        return { ok: false, problem: parts.store.unheld() ?? 'nothing can be recorded' };
      const written = await appendJournal(journal, event);
      parts.outbox?.kick();
      parts.eventLog?.kick();
      return written;
    },
    decide,
    signature: { ...parts.emitter, randomId: randomHex },
    count,
    log: (message, fields) => exporter.log.info(fields, message),
    now: systemClock,
    steady: steadyClock,
    timer: systemTimer,
  };
}

const noCounts = (): AlertCounts => ({
  alertmanager: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  grafana: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  poll: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
});

/**
 * Creates the alert inbox of an exporter. `decide` measures the target, checks the guards and carries out
 * what they allow. The inbox opens with the first call after the exporter has its parts; until then calls are
 * answered with 503.
 */
export function wireAlerts(exporter: Exporter, decide: InboxPorts['decide']): Alerts {
  const counts = noCounts();
  const count: InboxPorts['count'] = (source, result) => {
    counts[source][result]++;
  };
  let inbox: AlertInbox | undefined;
  const open = (): AlertInbox | undefined => {
    const { parts, stopping } = exporter;
    if (stopping) return undefined;
    if (parts !== undefined) inbox ??= new AlertInbox(portsOf(exporter, parts, decide, count));
    return inbox;
  };
  return {
    receive: async ({ body, start, status, parent }) => {
      const received = readWebhook(body);
      if (!received.ok) return { status: 400, problem: received.why };
      if (received.truncated > 0)
        exporter.log.warn(
          { alerts: received.truncated },
          'the sender truncated a message: raise max_alerts of its webhook receiver',
        );
      const request = { start, status, ...(parent === undefined ? {} : { parent }) };
      const taken = (await open()?.take(received, request)) ?? starting;
      if (taken.ok) return { status: 202, alerts: taken.decisions };
      return { status: taken.busy ? 429 : 503, problem: taken.why };
    },
    polled: async (received) => (await open()?.take(received)) ?? starting,
    counts: () => counts,
    resume: async () => await open()?.resume(),
    stop: async () => await inbox?.stop(),
  };
}
