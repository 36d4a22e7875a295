/**
 * Where alerts arrive: each gets its answer at once, and what asks for a rollback is in the journal before it is answered, and done afterwards. One message after
 * the other, so that of two that ask for the same the second finds the first.
 */
import type { AlertAskedEvent, AlertEvent } from '../../drift/alert-events.ts';
import { createSerial } from '../../host/serial.ts';
import type { SetTimer } from '../../host/timer.ts';
import type { WriteResult } from '../../store/state-directory.ts';
import type { AskDecision, RollbackAsk } from '../ask.ts';
import type { Signature } from '../run.ts';
import { type AlertAsk, type AskedTarget, chooseAsk, keyOf, slotOf, startOf } from './choose.ts';
import type { KnownAsks } from './known-asks.ts';
import { AskQueue } from './queue.ts';
import type { Received, ReceivedAlert } from './received.ts';

/** What an inbox needs. */
export interface InboxPorts {
  /** Who may be asked for, at this moment. */
  readonly targets: () => readonly AskedTarget[];
  /** What was asked by the lines of the journal. Rejects where it cannot be read. */
  readonly asked: () => Promise<KnownAsks>;
  /** Writes a line; it is on the disk when this resolves with `ok`. */
  readonly append: (event: AlertEvent) => Promise<WriteResult<unknown>>;
  /** Measures, asks the guards, and does what they let it do. */
  readonly decide: (ask: RollbackAsk) => Promise<AskDecision>;
  readonly signature: Signature;
  /** Counts alerts that were answered. */
  readonly count: (source: AlertAsk['source'], result: AskDecision['decision']) => void;
  readonly log: (message: string, fields: Readonly<Record<string, unknown>>) => void;
  /** ms since the epoch, and ms that nobody sets. */
  readonly now: () => number;
  readonly steady: () => number;
  readonly timer: SetTimer;
}

/** The request that brought a message. */
export interface BroughtBy {
  /** ms since the epoch. */
  readonly start: number;
  /** What a request is answered with that is understood. */
  readonly status: number;
  /** The span of whoever sent it. */
  readonly parent?: { readonly traceId: string; readonly spanId: string };
}

/** The answer for one alert of a message. */
export interface AlertDecision {
  readonly fingerprint: string;
  readonly decision: AskDecision['decision'];
  readonly why: string;
}

/** What became of a message. `busy`: nothing of it was taken, and it may come again. */
export type Taken =
  | { readonly ok: true; readonly decisions: readonly AlertDecision[] }
  | { readonly ok: false; readonly busy: boolean; readonly why: string };

/** Keys of one line of the journal. */
const mostKeysOfLine = 100;

interface Sorted {
  readonly decisions: AlertDecision[];
  /** What is new, by facet. */
  readonly asks: Map<string, Omit<AlertAsk, 'keys'> & { readonly keys: string[] }>;
  /** Alerts that ask for what waits already. */
  readonly joined: string[];
}

/** Receives alerts. */
export class AlertInbox {
  readonly #ports: InboxPorts;
  readonly #serial = createSerial();
  readonly #queue: AskQueue;
  #known: Promise<KnownAsks> | undefined;

  constructor(ports: InboxPorts) {
    this.#ports = ports;
    this.#queue = new AskQueue({
      work: (ask) => this.#work(ask),
      timer: ports.timer,
      steady: ports.steady,
    });
  }

  /** Goes on with what an earlier process was asked for and could not answer. Resolves when it waits for its turn; never rejects. */
  async resume(): Promise<void> {
    await this.#serial(async () => {
      const { now, targets, log } = this.#ports;
      const known = await this.#remembered();
      const names = new Set(targets().map(({ name, workspace }) => `${name}\0${workspace}`));
      for (const ask of known.open(now())) {
        if (!names.has(`${ask.target}\0${ask.workspace}`)) continue;
        log('a rollback that an alert asked for is looked at now', { target: ask.target, facet: ask.facet });
        this.#queue.add(ask);
      }
    }).catch((error: unknown) =>
      this.#ports.log('what alerts asked for is not known', { why: String(error) }),
    );
  }

  /** Takes a message in, and answers each of its alerts. */
  take({ source, alerts }: Extract<Received, { ok: true }>, request?: BroughtBy): Promise<Taken> {
    return this.#serial(async () => {
      let known: KnownAsks;
      try {
        known = await this.#remembered();
      } catch (error) {
        return { ok: false, busy: false, why: `the journal cannot be read: ${String(error)}` };
      }
      const sorted = this.#sort(source, alerts, known);
      if (sorted.asks.size > this.#queue.room())
        return { ok: false, busy: true, why: 'too many rollbacks that were asked for wait' };
      const written = await this.#write(sorted, known, request);
      if (!written.ok) return { ok: false, busy: false, why: written.problem };
      known.remember(sorted.joined, this.#ports.now());
      for (const { decision } of sorted.decisions) this.#ports.count(source, decision);
      return { ok: true, decisions: sorted.decisions };
    });
  }

  /** Begins nothing more, and resolves when what is under way has ended. */
  stop(): Promise<void> {
    return this.#queue.stop();
  }

  #remembered(): Promise<KnownAsks> {
    this.#known ??= this.#ports.asked();
    // What could not be read is read again for the next one.
    this.#known.catch(() => {
      this.#known = undefined;
    });
    return this.#known;
  }

  #sort(source: AlertAsk['source'], alerts: readonly ReceivedAlert[], known: KnownAsks): Sorted {
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
    source: AlertAsk['source'],
    alert: ReceivedAlert,
    targets: ReadonlyMap<string, AskedTarget>,
    known: KnownAsks,
    now: number,
    { asks, joined }: Sorted,
  ): AskDecision {
    const choice = chooseAsk(alert, targets);
    if (!('ask' in choice)) return choice;
    const key = keyOf(alert);
    if (known.has(key, now)) return { decision: 'duplicate', why: 'it asked already' };
    const slot = slotOf(choice.ask);
    const same = asks.get(slot);
    if (same !== undefined && same.keys.length < mostKeysOfLine) same.keys.push(key);
    else if (same !== undefined || this.#queue.has(choice.ask)) joined.push(key);
    else {
      asks.set(slot, { ...choice.ask, source, keys: [key] });
      return { decision: 'accepted', why: 'what it asks for is looked at next' };
    }
    return { decision: 'duplicate', why: 'another alert asks for the same, which is looked at next' };
  }

  /** Writes a line for each ask, and lets it wait once it is written. */
  async #write({ asks }: Sorted, known: KnownAsks, request: BroughtBy | undefined): Promise<WriteResult> {
    const { append, now, signature } = this.#ports;
    const spanId = signature.randomId(8);
    const traceId = request?.parent?.traceId ?? signature.randomId(16);
    let first = true;
    for (const ask of asks.values()) {
      const linked: AlertAsk =
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

  async #work(ask: AlertAsk): Promise<void> {
    const { decide, append, log, now } = this.#ports;
    const { source, target, workspace, facet, alertname, reason, keys, link } = ask;
    const key = keys[0] as string;
    let decided: AskDecision;
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
    log('a rollback that an alert asked for', { target, facet, decision, why });
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
    // Without the line the next start looks at it again, which does no harm.
    await append(event);
    (await this.#remembered()).learn(event, now());
  }
}

function askedEvent(
  { source, target, workspace, facet, alertname, keys, reason, link }: AlertAsk,
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
