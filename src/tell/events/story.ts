/**
 * One trace as a story: the drift, who asked for a rollback, what was refused and what was done, and how it ended. What `godrift events --trace` prints and
 * a post-mortem is written from. Pure.
 */
import type { DriftRecord, JournalEvent, RollbackPart } from '../../drift/events.ts';
import { summaryOf } from './summary.ts';

/** A line of the journal, with the time at which it was written, ms since the epoch. */
export interface StoryLine {
  readonly seq: number;
  /** SHA-256 of the line, in hex. */
  readonly hash: string;
  readonly time: number;
  readonly event: JournalEvent;
}

/** One thing that happened; times in ms since the epoch. */
export interface Happening {
  readonly from: number;
  /** Of what has a duration. */
  readonly to?: number;
  /** The type of the line, or which part of a rollback it is. */
  readonly what: string;
  /** A part of what stands above it. */
  readonly isPart?: true;
  readonly failed?: true;
  readonly text: string;
}

/** Lines of one trace, in the order of the journal. */
export interface Story {
  readonly traceId: string;
  readonly lines: readonly StoryLine[];
  readonly happenings: readonly Happening[];
}

/** Intents that wait for the line that tells their trace: older versions wrote none into them. */
const mostWaiting = 1000;

const traceOf = (event: JournalEvent) => (event as { readonly trace_id?: unknown }).trace_id;
const idOf = (event: JournalEvent) => (event as { readonly id?: unknown }).id;

/** Collects the lines of traces whose id begins with `prefix`, from lines in the order of the journal. */
export class StoryFinder {
  readonly #prefix: string;
  readonly #found = new Map<string, StoryLine[]>();
  readonly #intents = new Map<string, StoryLine>();

  constructor(prefix: string) {
    this.#prefix = prefix;
  }

  /** Takes in a line. */
  add(line: StoryLine): void {
    const { event } = line;
    const trace = traceOf(event);
    const id = idOf(event);
    if (typeof trace !== 'string') {
      if (event.type === 'intent' && typeof id === 'string') this.#wait(id, line);
      return;
    }
    const intent = typeof id === 'string' ? this.#intents.get(id) : undefined;
    if (intent !== undefined) this.#intents.delete(id as string);
    if (!trace.startsWith(this.#prefix)) return;
    const lines = this.#found.get(trace) ?? [];
    if (lines.length === 0) this.#found.set(trace, lines);
    lines.push(...(intent === undefined ? [] : [intent]), line);
  }

  #wait(id: string, line: StoryLine): void {
    const [oldest] = this.#intents.keys();
    if (this.#intents.size >= mostWaiting && oldest !== undefined) this.#intents.delete(oldest);
    this.#intents.set(id, line);
  }

  /** The traces that were found. */
  stories(): readonly Story[] {
    return [...this.#found].map(([traceId, unsorted]) => {
      const lines = unsorted.sort((a, b) => a.seq - b.seq);
      // A rollback is told when it is over; what happened meanwhile comes behind its beginning.
      const blocks = lines.map(happeningsOf).sort(([a], [b]) => (a?.from ?? 0) - (b?.from ?? 0));
      return { traceId, lines, happenings: blocks.flat() };
    });
  }
}

/** When a drift began: the earliest of its facets. */
export function onsetOf({ since, start }: DriftRecord): number {
  return Math.min(start, ...Object.values(since));
}

function happeningsOf({ event, time }: StoryLine): readonly Happening[] {
  try {
    return [whole(event, time), ...partsOf(event)];
  } catch {
    return [{ from: time, what: event.type, text: summaryOf(event) }];
  }
}

function whole(event: JournalEvent, time: number): Happening {
  const text = summaryOf(event);
  if (event.type === 'drift') return { from: onsetOf(event), to: event.end, what: event.type, text };
  if (event.type === 'refusal') return { from: event.start, what: event.type, failed: true, text };
  if (event.type === 'outcome' && event.operation === 'rollback') {
    const failed =
      event.result === 'applied' || event.result === 'dry_run' ? {} : ({ failed: true } as const);
    return { from: event.start, to: event.end, what: event.type, text, ...failed };
  }
  return { from: time, what: event.type, text };
}

function partsOf(event: JournalEvent): readonly Happening[] {
  return event.type === 'outcome' && event.operation === 'rollback' ? event.parts.map(partHappening) : [];
}

function partHappening({ part, kind, path, start, end, why }: RollbackPart): Happening {
  return {
    from: start,
    to: end,
    what: kind === undefined ? part : `${part} ${kind}`,
    isPart: true,
    text: [path, why].filter((word) => word !== undefined).join(': '),
    ...(why === undefined ? {} : { failed: true }),
  };
}
