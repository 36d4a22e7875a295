/**
 * The outbox as a pure state machine: what is known about the journal lines that must still be sent, and what
 * to do next. It reads no clock and has no side effects: events come in, actions go out, and outbox.ts
 * performs them.
 *
 * One thing happens at a time: a batch is read, sent, and sent again until its lines are accepted or given
 * up; then the cursor moves. New journal lines neither shorten nor prolong a wait. Lines are given up only if
 * the endpoint refuses them permanently, if more of them wait on disk than allowed, or if somebody cut them
 * out of the journal.
 */
import { type DropReason, dropReasons, type FailureReason, failureReasons } from '../../catalog/metrics.ts';
import type { JournalEvent } from '../../drift/events.ts';
import type { SendResult } from './answer.ts';

/** Identifies a journal line by number and hash. */
export interface LinePosition {
  readonly seq: number;
  readonly hash: string;
}

/** A journal line that becomes spans. */
export interface Item extends LinePosition {
  /** Time of the event, ms since the epoch. */
  readonly time: number;
  readonly spans: number;
  readonly event: JournalEvent;
}

/** Lines that were read together: those that become spans, and the position of the last line. */
export interface Batch {
  readonly items: readonly Item[];
  readonly through: LinePosition;
}

export type OutboxEvent =
  /** The journal may have more lines than were read. */
  | { readonly type: 'appended' }
  /** Newly counted lines hold this many spans, the first one of time `oldest`. */
  | { readonly type: 'counted'; readonly spans: number; readonly oldest: number | undefined }
  /** `more`: the journal continues after the batch. The batch is undefined if there is no line. */
  | { readonly type: 'read'; readonly batch: Batch | undefined; readonly more: boolean }
  | { readonly type: 'unreadable'; readonly why: string; readonly now: number; readonly chance: number }
  | { readonly type: 'answered'; readonly verdict: SendResult; readonly now: number; readonly chance: number }
  | { readonly type: 'tick'; readonly now: number }
  /** Too many lines wait: those after `from` up to `through`, with this many spans, must be given up. */
  | {
      readonly type: 'overflow';
      readonly from: number;
      readonly through: LinePosition;
      readonly spans: number;
    }
  /** The process ends: send now what can be sent, regardless of waits. */
  | { readonly type: 'hurry' };

export type Action =
  | { readonly do: 'read'; readonly behind: number }
  | { readonly do: 'send'; readonly items: readonly Item[] }
  | { readonly do: 'advance'; readonly to: LinePosition }
  /** Asks for a tick at that time. */
  | { readonly do: 'wait'; readonly until: number }
  | { readonly do: 'log'; readonly message: string; readonly fields: Readonly<Record<string, unknown>> };

export interface OutboxState {
  /** The last line that is done. */
  readonly position: LinePosition;
  /** The batch being sent, in order. */
  readonly batch: Batch | undefined;
  /** Items of the next request; reduced after a refusal, to find the one item to blame. */
  readonly size: number;
  readonly busy: 'reading' | { readonly sending: number } | undefined;
  readonly waitUntil: number | undefined;
  /** Consecutive failures, and the reason of the last one. */
  readonly failures: number;
  readonly failing: string;
  /** There may be lines after the batch. */
  readonly behind: boolean;
  /** Spans after `position`, and the time of the first one, in ms. */
  readonly pending: number;
  readonly oldest: number | undefined;
  readonly exported: number;
  readonly dropped: Readonly<Record<DropReason, number>>;
  readonly failed: Readonly<Record<FailureReason, number>>;
}

export interface Waits {
  /** Wait after the first failure, in ms; doubled after each further one. */
  readonly firstMs: number;
  readonly capMs: number;
  /** Longest `Retry-After` that is obeyed: a mistaken one must not silence the exporter for a day. */
  readonly retryAfterCapMs: number;
}

export const defaultWaits: Waits = { firstMs: 1_000, capMs: 60_000, retryAfterCapMs: 600_000 };
/** Most lines in one request: some 100 kB, far below the 4 MiB that receivers accept. */
export const batchLines = 64;

const zeros = <T extends string>(names: readonly T[]): Readonly<Record<T, number>> =>
  Object.fromEntries(names.map((name) => [name, 0])) as Record<T, number>;

/** Counters of dropped spans and failed requests, all 0. */
export const noneDropped = zeros(dropReasons);
export const noneFailed = zeros(failureReasons);

/** Returns the state of an outbox that is done up to `position` and does not know what follows. */
export function initialState(position: LinePosition): OutboxState {
  return {
    position,
    batch: undefined,
    size: batchLines,
    busy: undefined,
    waitUntil: undefined,
    failures: 0,
    failing: '',
    behind: false,
    pending: 0,
    oldest: undefined,
    exported: 0,
    dropped: noneDropped,
    failed: noneFailed,
  };
}

type Step = readonly [OutboxState, readonly Action[]];

const spansOf = (items: readonly Item[]): number => items.reduce((sum, { spans }) => sum + spans, 0);

/** Returns the next action, if nothing is in progress or waited for. */
function next(state: OutboxState, before: readonly Action[] = []): Step {
  if (state.busy !== undefined || state.waitUntil !== undefined) return [state, before];
  if (state.batch !== undefined) {
    const items = state.batch.items.slice(0, state.size);
    return [{ ...state, busy: { sending: items.length } }, [...before, { do: 'send', items }]];
  }
  if (!state.behind) return [state, before];
  return [
    { ...state, busy: 'reading', behind: false },
    [...before, { do: 'read', behind: state.position.seq }],
  ];
}

/** Marks the first `count` items of the batch as done; `dropped` of their spans were given up. */
function dealtWith(state: OutboxState, count: number, dropped: number, reason: DropReason): OutboxState {
  const { batch } = state;
  if (batch === undefined) return state;
  const done = batch.items.slice(0, count);
  const items = batch.items.slice(count);
  const spans = spansOf(done);
  const pending = Math.max(0, state.pending - spans);
  const last = done.at(-1) ?? batch.through;
  return {
    ...state,
    position: items.length === 0 ? batch.through : { seq: last.seq, hash: last.hash },
    batch: items.length === 0 ? undefined : { items, through: batch.through },
    pending,
    oldest: pending === 0 ? undefined : (items[0]?.time ?? done.at(-1)?.time ?? state.oldest),
    exported: state.exported + spans - dropped,
    dropped: { ...state.dropped, [reason]: state.dropped[reason] + dropped },
  };
}

/** Waits after a failure: exponential back-off, or as long as the endpoint asked. */
function wait(
  state: OutboxState,
  waits: Waits,
  { now, chance, why, afterMs }: { now: number; chance: number; why: string; afterMs?: number },
): Step {
  const failures = state.failures + 1;
  const doubled = Math.min(waits.capMs, waits.firstMs * 2 ** Math.min(failures - 1, 30));
  // Up to a quarter less (jitter), so that exporters that failed together do not retry together.
  const ms =
    afterMs === undefined
      ? doubled * (1 - chance / 4)
      : Math.max(waits.firstMs, Math.min(afterMs, waits.retryAfterCapMs));
  const until = now + ms;
  const said = why === state.failing;
  return [
    { ...state, busy: undefined, waitUntil: until, failures, failing: why },
    [
      { do: 'wait', until },
      ...(said
        ? []
        : [{ do: 'log', message: 'spans wait', fields: { why, pending: state.pending } } as const]),
    ],
  ];
}

function answered(state: OutboxState, waits: Waits, event: Extract<OutboxEvent, { type: 'answered' }>): Step {
  const { verdict, now, chance } = event;
  const { busy, batch } = state;
  if (typeof busy !== 'object' || batch === undefined) return [state, []];
  const count = busy.sending;
  if (verdict.kind === 'failed') {
    const failed = { ...state.failed, [verdict.reason]: state.failed[verdict.reason] + 1 };
    const { why, afterMs } = verdict;
    return wait({ ...state, failed }, waits, {
      now,
      chance,
      why,
      ...(afterMs === undefined ? {} : { afterMs }),
    });
  }
  const settled = { ...state, busy: undefined, failures: 0, failing: '' };
  if (verdict.kind === 'accepted') {
    const size = Math.min(batchLines, state.size * 2);
    const after = { ...dealtWith(settled, count, verdict.rejected, 'rejected'), size };
    const log: readonly Action[] =
      verdict.rejected === 0
        ? []
        : [
            {
              do: 'log',
              message: 'the OTLP endpoint rejected spans',
              fields: { spans: verdict.rejected, why: verdict.why },
            },
          ];
    return next(after, [{ do: 'advance', to: after.position }, ...log]);
  }
  if (count > 1) return next({ ...settled, size: count >> 1 });
  const spans = spansOf(batch.items.slice(0, count));
  const after = dealtWith(settled, count, spans, verdict.reason);
  return next(after, [
    { do: 'advance', to: after.position },
    { do: 'log', message: 'the OTLP endpoint refused spans for good', fields: { spans, why: verdict.why } },
  ]);
}

/** Accounts for spans that were counted but are not in the journal any more: somebody cut them out. */
function withoutLost(state: OutboxState, batch: Batch | undefined, lost: number): Step {
  const [first] = batch?.items ?? [];
  return [
    {
      ...state,
      pending: state.pending - lost,
      oldest: first?.time,
      dropped: { ...state.dropped, lost: state.dropped.lost + lost },
    },
    [
      {
        do: 'log',
        message: 'spans were cut out of the journal before they were sent',
        fields: { spans: lost },
      },
    ],
  ];
}

function read(before: OutboxState, { batch, more }: Extract<OutboxEvent, { type: 'read' }>): Step {
  const lost = more ? 0 : Math.max(0, before.pending - spansOf(batch?.items ?? []));
  const [state, said] = lost === 0 ? [before, []] : withoutLost(before, batch, lost);
  const idle = { ...state, busy: undefined, behind: state.behind || more };
  if (batch === undefined) return next(idle, said);
  if (batch.items.length > 0) return next({ ...idle, batch }, said);
  return next({ ...idle, position: batch.through }, [...said, { do: 'advance', to: batch.through }]);
}

function overflow(
  state: OutboxState,
  { from, through, spans }: Extract<OutboxEvent, { type: 'overflow' }>,
): Step {
  // A batch in progress is left alone; the overflow is checked again afterwards.
  if (state.busy !== undefined || state.position.seq !== from) return [state, []];
  const items = (state.batch?.items ?? []).filter(({ seq }) => seq > through.seq);
  const batch = state.batch !== undefined && items.length > 0 ? { ...state.batch, items } : undefined;
  const pending = Math.max(0, state.pending - spans);
  const after: OutboxState = {
    ...state,
    position: through,
    batch,
    behind: true,
    pending,
    oldest: pending === 0 ? undefined : (items[0]?.time ?? state.oldest),
    dropped: { ...state.dropped, overflow: state.dropped.overflow + spans },
  };
  return next(after, [
    { do: 'advance', to: through },
    { do: 'log', message: 'spans waited for longer than the journal may keep them', fields: { spans } },
  ]);
}

/** Returns the state after an event and the actions to perform. */
export function step(state: OutboxState, event: OutboxEvent, waits: Waits = defaultWaits): Step {
  switch (event.type) {
    case 'appended':
      return next({ ...state, behind: true });
    case 'counted': {
      const oldest = state.oldest ?? event.oldest;
      return [{ ...state, pending: state.pending + event.spans, oldest }, []];
    }
    case 'read':
      return read(state, event);
    case 'unreadable':
      return wait({ ...state, behind: true }, waits, event);
    case 'answered':
      return answered(state, waits, event);
    case 'tick':
      if (state.waitUntil === undefined) return [state, []];
      if (event.now < state.waitUntil) return [state, [{ do: 'wait', until: state.waitUntil }]];
      return next({ ...state, waitUntil: undefined });
    case 'overflow':
      return overflow(state, event);
    case 'hurry':
      return next({ ...state, waitUntil: undefined, behind: true });
  }
}
