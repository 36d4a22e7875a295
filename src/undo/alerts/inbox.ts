/**
 * Receives alerts. Each message is answered at once; a rollback request is journalled before the answer and
 * carried out afterwards. Messages are handled one at a time, so that of two alerts with the same request the
 * second finds the first.
 */
import type { AlertAskedEvent, AlertEvent } from '../../drift/alert-events.ts';
import { createSerial } from '../../host/serial.ts';
import type { SetTimer } from '../../host/timer.ts';
import type { WriteResult } from '../../store/state-directory.ts';
import type { RequestDecision, RequestedRollback } from '../requested-rollback.ts';
import type { Signature } from '../run.ts';
import type { EarlierRequests } from './earlier-requests.ts';
import { RequestQueue } from './queue.ts';
import type { Received, ReceivedAlert } from './received.ts';
import { type AlertRequest, type AlertTarget, keyOf, requestOf, slotOf, startOf } from './request.ts';

/** What an inbox needs from its surroundings. */
export interface InboxPorts {
  /** Returns the targets that alerts may name now. */
  readonly targets: () => readonly AlertTarget[];
  /** Reads earlier requests from the journal. Rejects where the journal cannot be read. */
  readonly asked: () => Promise<EarlierRequests>;
  /** Appends a journal line, which is on disk when this resolves with `ok`. */
  readonly append: (event: AlertEvent) => Promise<WriteResult<unknown>>;
  /** Measures the target, evaluates the guards and acts as far as they allow. */
  readonly decide: (ask: RequestedRollback) => Promise<RequestDecision>;
  readonly signature: Signature;
  /** Counts answered alerts. */
  readonly count: (source: AlertRequest['source'], result: RequestDecision['decision']) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** Wall clock in ms since the epoch, and a monotonic clock in ms. */
  readonly now: () => number;
  readonly steady: () => number;
  readonly timer: SetTimer;
}

/** The HTTP request that delivered a message. */
export interface BroughtBy {
  /** ms since the epoch. */
  readonly start: number;
  /** HTTP status of the answer to a valid message. */
  readonly status: number;
  /** Span of the sender, from `traceparent`. */
  readonly parent?: { readonly traceId: string; readonly spanId: string };
}

/** The answer for one alert of a message. */
export interface AlertDecision {
  readonly fingerprint: string;
  readonly decision: RequestDecision['decision'];
  readonly why: string;
}

/** Result for a message. `busy`: nothing was accepted, and the sender may try again. */
export type Taken =
  | { readonly ok: true; readonly decisions: readonly AlertDecision[] }
  | { readonly ok: false; readonly busy: boolean; readonly why: string };

/** Most alert keys in one journal line. */
const mostKeysOfLine = 100;

interface Sorted {
  readonly decisions: AlertDecision[];
  /** New requests, by {@link slotOf}. */
  readonly asks: Map<string, Omit<AlertRequest, 'keys'> & { readonly keys: string[] }>;
  /** Keys of alerts whose request is waiting already. */
  readonly joined: string[];
}

/** Receives alerts, journals their requests and queues the work. */
export class AlertInbox {
  readonly #ports: InboxPorts;
  readonly #serial = createSerial();
  readonly #queue: RequestQueue;
  #known: Promise<EarlierRequests> | undefined;

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.#queue = new RequestQueue({
      work: (ask) => this.#work(ask),
      timer: ports.timer,
      steady: ports.steady,
    });
  }

  /**
   * Queues the requests that an earlier process accepted but did not answer. Resolves when they are queued;
   * never rejects.
   */
  async resume(): Promise<void> {
    await this.#serial(async () => {
      const { now, targets, log } = this.#ports;
      const known = await this.#remembered();
      const names = new Set(targets().map(({ name, workspace }) => `${name}\0${workspace}`));
      for (const ask of known.open(now())) {
        if (!names.has(`${ask.target}\0${ask.workspace}`)) continue;
        log('resuming a rollback requested by an alert', { target: ask.target, facet: ask.facet });
        this.#queue.add(ask);
      }
    }).catch((error: unknown) =>
      this.#ports.log('cannot read earlier rollback requests of alerts', { why: String(error) }),
    );
  }

  /** Accepts a message and returns an answer for each of its alerts. */
  take({ source, alerts }: Extract<Received, { ok: true }>, request?: BroughtBy): Promise<Taken> {
    return this.#serial(async () => {
      let known: EarlierRequests;
      try {
        known = await this.#remembered();
      } catch (error) {
        return { ok: false, busy: false, why: `the journal cannot be read: ${String(error)}` };
      }
      const sorted = this.#sort(source, alerts, known);
      if (sorted.asks.size > this.#queue.room())
        return { ok: false, busy: true, why: 'too many requested rollbacks are waiting' };
      const written = await this.#write(sorted, known, request);
      if (!written.ok) return { ok: false, busy: false, why: written.problem };
      known.remember(sorted.joined, this.#ports.now());
      for (const { decision } of sorted.decisions) this.#ports.count(source, decision);
      return { ok: true, decisions: sorted.decisions };
    });
  }

  /** Starts no more work, and resolves when the current work has ended. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  #remembered(): Promise<EarlierRequests> {
    this.#known ??= this.#ports.asked();
    // A failed read is repeated for the next message.
    this.#known.catch(() => {
      this.#known = undefined;
    });
    return this.#known;
  }

  #sort(source: AlertRequest['source'], alerts: readonly ReceivedAlert[], known: EarlierRequests): Sorted {
    const targets = new Map(this.#ports.targets().map((target) => [target.name, target]));
    const sorted: Sorted = { decisions: [], asks: new Map(), joined: [] };
    const now = this.#ports.now();
    for (const alert of alerts) {
      const { decision, why } = this.#sortOne(source, alert, targets, known, now, sorted);
      sorted.decisions.push({ fingerprint: alert.fingerprint, decision, why });
    }
    return sorted;
  }

  #sortOne(
    source: AlertRequest['source'],
    alert: ReceivedAlert,
    targets: ReadonlyMap<string, AlertTarget>,
    known: EarlierRequests,
    now: number,
    { asks, joined }: Sorted,
  ): RequestDecision {
    const choice = requestOf(alert, targets);
    if (!('ask' in choice)) return choice;
    const key = keyOf(alert);
    if (known.has(key, now)) return { decision: 'duplicate', why: 'it made this request already' };
    const slot = slotOf(choice.ask);
    const same = asks.get(slot);
    if (same !== undefined && same.keys.length < mostKeysOfLine) same.keys.push(key);
    else if (same !== undefined || this.#queue.has(choice.ask)) joined.push(key);
    else {
      asks.set(slot, { ...choice.ask, source, keys: [key] });
      return { decision: 'accepted', why: 'its request is handled next' };
    }
    return { decision: 'duplicate', why: 'another alert made the same request, which is handled next' };
  }

  /** Journals each request and queues it once it is on disk. */
  async #write(
    { asks }: Sorted,
    known: EarlierRequests,
    request: BroughtBy | undefined,
  ): Promise<WriteResult> {
    const { append, now, signature } = this.#ports;
    const spanId = signature.randomId(8);
    const traceId = request?.parent?.traceId ?? signature.randomId(16);
    let first = true;
    for (const ask of asks.values()) {
      const linked: AlertRequest =
        request === undefined ? ask : { ...ask, link: { trace_id: traceId, span_id: spanId } };
      const event = askedEvent(
        linked,
        first && request !== undefined ? this.#requestFacts(request) : undefined,
      );
      const told = await append(event);
      if (!told.ok) return told;
      first = false;
      known.learn(event, now());
      this.#queue.add(linked);
    }
    return { ok: true, value: undefined };
  }

  #requestFacts({ start, status, parent }: BroughtBy): NonNullable<AlertAskedEvent['request']> {
    const { resource, version } = this.#ports.signature;
    const end = this.#ports.now();
    return {
      start,
      end,
      status,
      ...(parent === undefined ? {} : { parent_span_id: parent.spanId }),
      resource,
      version,
    };
  }

  async #work(ask: AlertRequest): Promise<void> {
    const { decide, append, log, now } = this.#ports;
    const { source, target, workspace, facet, alertname, reason, keys, link } = ask;
    const key = keys[0] as string;
    let decided: RequestDecision;
    try {
      decided = await decide({
        target,
        facet,
        trigger: source,
        key,
        since: startOf(key),
        who: `alert ${alertname}`,
        ...(reason === undefined ? {} : { reason }),
        ...(link === undefined ? {} : { link }),
      });
    } catch (error) {
      decided = { decision: 'refused', why: error instanceof Error ? error.message : String(error) };
    }
    const { decision, why, rollback } = decided;
    log('handled a rollback requested by an alert', { target, facet, decision, why });
    const event: AlertEvent = {
      type: 'alert',
      action: 'answer',
      source,
      target,
      workspace,
      facets: [facet],
      key,
      decision,
      why,
      ...(rollback === undefined ? {} : { rollback }),
    };
    // If this line cannot be written, the next start repeats the request, which is harmless.
    await append(event);
    (await this.#remembered()).learn(event, now());
  }
}

function askedEvent(
  { source, target, workspace, facet, alertname, keys, reason, link }: AlertRequest,
  request: AlertAskedEvent['request'],
): AlertAskedEvent {
  return {
    type: 'alert',
    action: 'ask',
    source,
    target,
    workspace,
    facets: [facet],
    alertname,
    keys,
    ...(reason === undefined ? {} : { reason }),
    ...(link ?? {}),
    ...(request === undefined ? {} : { request }),
  };
}
