/**
 * Polls Alertmanager for the alerts that name this exporter, so that in a fleet no port is opened and no
 * token is passed around. One request at a time, no redirects, and an exponential back-off while there is no
 * answer.
 */
import { parseBounded } from '../../catalog/bounded-json.ts';
import { visible } from '../../catalog/visible.ts';
import type { HttpClient } from '../../host/http-client.ts';
import type { Cancel, SetTimer } from '../../host/timer.ts';
import type { Taken } from './inbox.ts';
import { type Received, readPolled } from './received.ts';
import { actionLabel, rollbackAction } from './request.ts';

/** `rollback.poll` of the configuration. */
export interface PollSettings {
  /** Base URL of an Alertmanager. */
  readonly alertmanager: string;
  readonly intervalMs: number;
  /** The `instance` label that Prometheus gives this exporter. */
  readonly instance: string;
}

/** What a poller needs from its surroundings. */
export interface PollPorts {
  /** Returns the current settings; undefined turns polling off. */
  readonly settings: () => PollSettings | undefined;
  readonly client: HttpClient;
  readonly timer: SetTimer;
  readonly take: (received: Extract<Received, { ok: true }>) => Promise<Taken>;
  /** Receives why polling fails, `undefined` once it works again. */
  readonly problem: (why: string | undefined) => void;
}

const timeoutMs = 5_000;
/** Room for a thousand alerts with long texts. */
const answerLimitBytes = 4 * 1024 * 1024;
/** Longest back-off while there is no answer, in ms. */
export const longestPauseMs = 5 * 60_000;
/** How often the settings are checked while polling is off, in ms. */
const idleMs = 15_000;

/** Returns the URL that lists the alerts with a rollback request for this exporter. */
export function pollUrl({ alertmanager, instance }: PollSettings): URL {
  const url = new URL(`${alertmanager.replace(/\/+$/, '')}/api/v2/alerts`);
  const quoted = JSON.stringify(instance);
  for (const [name, value] of [
    ['active', 'true'],
    ['silenced', 'false'],
    ['inhibited', 'false'],
    ['unprocessed', 'false'],
    // One matcher per parameter: Alertmanager refuses a list.
    ['filter', `${actionLabel}="${rollbackAction}"`],
    ['filter', `instance=${quoted}`],
  ] as const)
    url.searchParams.append(name, value);
  return url;
}

/** Fetches the current alerts of this instance. */
async function ask(settings: PollSettings, client: HttpClient, signal: AbortSignal): Promise<Received> {
  const reply = await client.request({
    url: pollUrl(settings),
    method: 'GET',
    headers: { Accept: 'application/json' },
    timeoutMs,
    answerLimitBytes,
    signal,
  });
  if (!reply.ok) return reply;
  if (reply.truncated) return { ok: false, why: `its answer is longer than ${answerLimitBytes} bytes` };
  if (reply.status !== 200) return { ok: false, why: `it answered ${reply.status}` };
  const parsed = parseBounded(reply.body.toString('utf8'));
  const received = parsed.ok ? readPolled(parsed.value) : parsed;
  if (!received.ok) return received;
  // Checked again here, in case the server ignores the filter.
  const own = received.alerts.filter(
    ({ labels }) => Object.hasOwn(labels, 'instance') && labels['instance'] === settings.instance,
  );
  return { ...received, alerts: own };
}

/** Starts polling and returns the function that stops it. */
export function startPolling({ settings, client, timer, take, problem }: PollPorts): () => Promise<void> {
  const stopping = new AbortController();
  let cancel: Cancel | undefined;
  let running: Promise<void> = Promise.resolve();
  let failures = 0;
  /**
   * Alerts of the last answer: an alert that keeps firing is taken once, and again after it disappeared and
   * came back.
   */
  let seen = new Set<string>();

  async function turn(now: PollSettings): Promise<void> {
    const received = await ask(now, client, stopping.signal);
    if (stopping.signal.aborted) return;
    const taken = received.ok ? await take(fresh(received)) : received;
    failures = taken.ok ? 0 : failures + 1;
    problem(taken.ok ? undefined : visible(`cannot poll Alertmanager for alerts: ${taken.why}`));
    if (received.ok && taken.ok) seen = new Set(received.alerts.map(nameOf));
  }

  const fresh = (received: Extract<Received, { ok: true }>) => ({
    ...received,
    alerts: received.alerts.filter((alert) => !seen.has(nameOf(alert))),
  });

  function next(): void {
    if (stopping.signal.aborted) return;
    const now = settings();
    const pause = now === undefined ? idleMs : now.intervalMs * 2 ** Math.min(failures, 16);
    cancel = timer(Math.min(pause, Math.max(longestPauseMs, now?.intervalMs ?? 0)), () => {
      const current = settings();
      running = (current === undefined ? Promise.resolve() : turn(current)).catch(() => {}).then(next);
    });
  }

  next();
  return async () => {
    stopping.abort();
    cancel?.();
    await running;
    client.close();
  };
}

const nameOf = ({ fingerprint, startedAt }: { readonly fingerprint: string; readonly startedAt: number }) =>
  `${fingerprint}@${startedAt}`;
