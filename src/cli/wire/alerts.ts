/** The inbox of alerts, wired: messages and polls go in, lines of the journal and rollbacks come out. */

import type { AlertCounts } from '../../drift/state.ts';
import { randomHex } from '../../host/digest.ts';
import { steadyClock, systemClock } from '../../host/machine.ts';
import { systemTimer } from '../../host/timer.ts';
import { appendJournal } from '../../store/journal.ts';
import type { AlertsAnswer, AlertsRequest } from '../../tell/admin/alerts-call.ts';
import { AlertInbox, type InboxPorts, type Taken } from '../../undo/alerts/inbox.ts';
import { type Received, readWebhook } from '../../undo/alerts/received.ts';
import { type Exporter, type Parts, stillStarts } from './exporter.ts';

/** Alerts of an exporter. */
export interface Alerts {
  /** Answers a message of an alert manager. */
  readonly receive: (request: AlertsRequest) => Promise<AlertsAnswer>;
  /** Takes what a poll found. */
  readonly polled: (received: Extract<Received, { ok: true }>) => Promise<Taken>;
  readonly counts: () => AlertCounts;
  /** Goes on with what was asked for before the start. */
  readonly resume: () => Promise<void>;
  /** Begins nothing more. */
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

/** No alert yet. */
const noCounts = (): AlertCounts => ({
  alertmanager: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  grafana: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
  poll: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 },
});

/** The inbox of an exporter; `decide` measures, asks the guards, and does what they let it do. */
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
        exporter.log.warn({ alerts: received.truncated }, 'a message left alerts out: raise its max_alerts');
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
