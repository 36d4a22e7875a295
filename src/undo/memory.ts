/**
 * What is remembered of rollbacks: guards and metrics are functions of it. It is a fold over the lines of the journal (remember.ts), so it survives a restart
 * and a kill, and says nothing that the journal does not.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import type { rollbackTriggers } from '../drift/events.ts';

/** How a rollback may end, the label `result` (contract §6). */
export const rollbackResults = ['applied', 'dry_run', 'refused', 'undone', 'failed'] as const;
/** Those that were begun, and took a time. */
export const begunResults = ['applied', 'undone', 'failed'] as const;
/** Upper bounds of the histogram of durations, seconds: a look takes half a second to some ten, a large tree minutes. */
export const durationBounds = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;

const ms = z.number();
const count = z.int().nonnegative();
const text = z.string();
/** By what a rollback was asked for. A newer version may know others: they are passed on as they are. */
const trigger = z.custom<(typeof rollbackTriggers)[number]>((value) => typeof value === 'string');
const results = z.record(z.enum(rollbackResults), count);

/** Of what a person tries: whether its command has not ended yet, and the span that it belongs to. */
const trialSchema = z.strictObject({ isRunning: z.boolean(), traceId: text, spanId: text });

const facetSchema = z.strictObject({
  target: text,
  workspace: text,
  facet: z.enum(facets),
  /** Line that told of it last. */
  seq: count,
  results,
  /** When a rollback was begun last, and when one that was begun ended last. */
  lastStart: ms.exactOptional(),
  last: ms.exactOptional(),
  /** When those that no person asked for ended, the newest last. */
  begun: z.array(ms),
  /** What drifts now: since when, and when it became what it is. */
  drift: z.strictObject({ signature: text, changed: ms }).exactOptional(),
  /** What a rollback healed, and when. */
  healed: z.strictObject({ signature: text, at: ms }).exactOptional(),
  /** What it healed came back so long afterwards, ms. */
  returned: ms.exactOptional(),
  /** By which rollback; since when there is no drift, and the longest time there was none. */
  quarantine: z
    .strictObject({ id: text, since: ms, calmSince: ms.exactOptional(), calm: ms })
    .exactOptional(),
  /** A rollback, or what a person tried, that has to be confirmed. */
  confirm: z
    .strictObject({ id: text, by: ms, replaced: text, trial: trialSchema.exactOptional() })
    .exactOptional(),
  /** The ask whose plan a person refused. */
  denied: text.exactOptional(),
});

const waitingSchema = z.strictObject({
  id: text,
  target: text,
  workspace: text,
  facet: z.enum(facets),
  who: text,
  trigger,
  reason: text.exactOptional(),
  key: text.exactOptional(),
  plan: text,
  /** None where no values are put back, as of a cache. */
  record: text.exactOptional(),
  steps: count,
  files: z.array(text),
  asked: ms,
  expires: ms,
});

const durationSchema = z.strictObject({ counts: z.array(count), sum: z.number() });

/** Schema 1. */
export const memorySchema = z.strictObject({
  schema: z.literal(1),
  /** Line of the journal up to which it is complete. */
  journalSeq: count,
  /** When the newest line was written. */
  latest: ms.exactOptional(),
  facets: z.record(text, facetSchema),
  waiting: z.array(waitingSchema),
  /** Rollbacks whose outcome is not told yet. */
  open: z.array(
    z.strictObject({
      id: text,
      target: text,
      workspace: text,
      replaced: text.exactOptional(),
      since: ms,
      /** What drifted when it was begun: its end may be seen before its outcome is told. */
      signature: text.exactOptional(),
    }),
  ),
  paused: z.strictObject({ who: text, since: ms, reason: text.exactOptional() }).exactOptional(),
  durations: z.record(z.enum(begunResults), durationSchema),
});

export type RollbackMemory = z.infer<typeof memorySchema>;
export type FacetMemory = z.infer<typeof facetSchema>;
/** A facet with something that has to be confirmed. */
export type Unconfirmed = FacetMemory & { readonly confirm: NonNullable<FacetMemory['confirm']> };
/** A plan that waits for a person. */
export type WaitingPlan = z.infer<typeof waitingSchema>;

const noDurations = () => ({ counts: durationBounds.map(() => 0).concat(0), sum: 0 });

/** Before the first line. */
export function noMemory(): RollbackMemory {
  return {
    schema: 1,
    journalSeq: 0,
    facets: {},
    waiting: [],
    open: [],
    durations: { applied: noDurations(), undone: noDurations(), failed: noDurations() },
  };
}

/** Results, all of them 0. */
export const noResults = (): FacetMemory['results'] => ({
  applied: 0,
  dry_run: 0,
  refused: 0,
  undone: 0,
  failed: 0,
});

/** A target. */
export interface Named {
  readonly target: string;
  readonly workspace: string;
}

/** Whether something is held against rollbacks of a facet until a person releases it. */
export const isHeld = ({ quarantine, returned, denied }: FacetMemory): boolean =>
  quarantine !== undefined || returned !== undefined || denied !== undefined;

/** Under which a facet of a target is remembered. */
export const keyOf = ({ target, workspace }: Named, facet: string) => `${target}\0${workspace}\0${facet}`;

/** What is remembered of a facet of a target. */
export function ofFacet(memory: RollbackMemory, named: Named, facet: string): FacetMemory | undefined {
  const key = keyOf(named, facet);
  return Object.hasOwn(memory.facets, key) ? memory.facets[key] : undefined;
}

/** Whether a facet is left alone at a moment: it was not without drift for long enough since it was rolled back. */
export function inQuarantine(
  { quarantine }: Pick<FacetMemory, 'quarantine'>,
  now: number,
  period: number,
): boolean {
  if (quarantine === undefined) return false;
  const { calm, calmSince } = quarantine;
  return Math.max(calm, calmSince === undefined ? 0 : now - calmSince) < period;
}

/** Facets with something that has to be confirmed. */
export function unconfirmedIn({ facets }: Pick<RollbackMemory, 'facets'>): readonly Unconfirmed[] {
  return Object.values(facets).filter((one): one is Unconfirmed => one.confirm !== undefined);
}

/** Plans that still wait at a moment. */
export function waitingAt({ waiting }: RollbackMemory, now: number): readonly WaitingPlan[] {
  return waiting.filter(({ expires }) => expires > now);
}
