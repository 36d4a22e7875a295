/**
 * The rollback memory, from which guards and metrics are computed. It is a fold over the lines of the journal
 * (remember.ts): it survives a restart and a kill and says nothing that the journal does not.
 */
import * as z from 'zod';
import { facets } from '../catalog/facets.ts';
import type { rollbackTriggers } from '../drift/events.ts';

/** Results of a rollback; values of the label `result` (contract §6). */
export const rollbackResults = ['applied', 'dry_run', 'refused', 'undone', 'failed'] as const;
/** Results of rollbacks that ran and so have a duration. */
export const executedResults = ['applied', 'undone', 'failed'] as const;
/**
 * Upper bounds of the duration histogram, in seconds. A pass takes from half a second to about ten, a large
 * tree minutes.
 */
export const durationBounds = [0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300] as const;

const ms = z.number();
const count = z.int().nonnegative();
const text = z.string();
/** What triggered a rollback. Values of a newer version are passed on unchanged. */
const trigger = z.custom<(typeof rollbackTriggers)[number]>((value) => typeof value === 'string');
const results = z.record(z.enum(rollbackResults), count);

/** State of a `godrift try`: whether its command still runs, and its span. */
const trialSchema = z.strictObject({ isRunning: z.boolean(), traceId: text, spanId: text });

const facetSchema = z.strictObject({
  target: text,
  workspace: text,
  facet: z.enum(facets),
  /** Number of the newest journal line about this facet. */
  seq: count,
  results,
  /** When the last rollback was begun, and when the last begun one ended. */
  lastStart: ms.exactOptional(),
  last: ms.exactOptional(),
  /** End times of the rollbacks that were not requested by a person, oldest first. */
  begun: z.array(ms),
  /** The current drift: its signature, and when that signature appeared. */
  drift: z.strictObject({ signature: text, changed: ms }).exactOptional(),
  /** The drift that a rollback healed, and when. */
  healed: z.strictObject({ signature: text, at: ms }).exactOptional(),
  /** How long after the rollback the healed drift came back, in ms. */
  returned: ms.exactOptional(),
  /**
   * The quarantine after a rollback: its id and start, since when there has been no drift, and the longest
   * time without drift so far (ms).
   */
  quarantine: z
    .strictObject({ id: text, since: ms, calmSince: ms.exactOptional(), calm: ms })
    .exactOptional(),
  /** An applied rollback or a `godrift try` that must be confirmed by `by`. */
  confirm: z
    .strictObject({ id: text, by: ms, replaced: text, trial: trialSchema.exactOptional() })
    .exactOptional(),
  /** Key of the request whose plan a person denied. */
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
  /** Digest of the approved record; absent where the plan restores no values, as for a cache. */
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
  /** Number of the last journal line that is included. */
  journalSeq: count,
  /** Time of the newest line. */
  latest: ms.exactOptional(),
  facets: z.record(text, facetSchema),
  waiting: z.array(waitingSchema),
  /** Rollbacks without an outcome so far. */
  open: z.array(
    z.strictObject({
      id: text,
      target: text,
      workspace: text,
      replaced: text.exactOptional(),
      since: ms,
      /**
       * Signature of the drift when the rollback began; the end of the drift may be journalled before the
       * outcome.
       */
      signature: text.exactOptional(),
    }),
  ),
  paused: z.strictObject({ who: text, since: ms, reason: text.exactOptional() }).exactOptional(),
  durations: z.record(z.enum(executedResults), durationSchema),
});

export type RollbackMemory = z.infer<typeof memorySchema>;
export type FacetMemory = z.infer<typeof facetSchema>;
/** A facet with an unconfirmed rollback or try. */
export type Unconfirmed = FacetMemory & { readonly confirm: NonNullable<FacetMemory['confirm']> };
/** A plan that waits for an approval. */
export type WaitingPlan = z.infer<typeof waitingSchema>;

const noDurations = () => ({ counts: durationBounds.map(() => 0).concat(0), sum: 0 });

/** Returns the memory before the first journal line. */
export function emptyMemory(): RollbackMemory {
  return {
    schema: 1,
    journalSeq: 0,
    facets: {},
    waiting: [],
    open: [],
    durations: { applied: noDurations(), undone: noDurations(), failed: noDurations() },
  };
}

/** Returns the counters of results, all 0. */
export const noResults = (): FacetMemory['results'] => ({
  applied: 0,
  dry_run: 0,
  refused: 0,
  undone: 0,
  failed: 0,
});

/** The two fields that identify a target. */
export interface TargetIdentity {
  readonly target: string;
  readonly workspace: string;
}

/** Reports whether automatic rollbacks of a facet are blocked until a person releases it. */
export const isHeld = ({ quarantine, returned, denied }: FacetMemory): boolean =>
  quarantine !== undefined || returned !== undefined || denied !== undefined;

/** Returns the key of a facet of a target in the memory. */
export const keyOf = ({ target, workspace }: TargetIdentity, facet: string) =>
  `${target}\0${workspace}\0${facet}`;

/** Returns the memory of a facet of a target, `undefined` where there is none. */
export function facetMemory(
  memory: RollbackMemory,
  named: TargetIdentity,
  facet: string,
): FacetMemory | undefined {
  const key = keyOf(named, facet);
  return Object.hasOwn(memory.facets, key) ? memory.facets[key] : undefined;
}

/**
 * Reports whether a facet is in quarantine at `now`: since its rollback it has not been without drift for
 * `period` ms.
 */
export function inQuarantine(
  { quarantine }: Pick<FacetMemory, 'quarantine'>,
  now: number,
  period: number,
): boolean {
  if (quarantine === undefined) return false;
  const { calm, calmSince } = quarantine;
  return Math.max(calm, calmSince === undefined ? 0 : now - calmSince) < period;
}

/** Returns the facets with an unconfirmed rollback or try. */
export function unconfirmedIn({ facets }: Pick<RollbackMemory, 'facets'>): readonly Unconfirmed[] {
  return Object.values(facets).filter((one): one is Unconfirmed => one.confirm !== undefined);
}

/** Returns the plans that still wait for an approval at `now`. */
export function waitingAt({ waiting }: RollbackMemory, now: number): readonly WaitingPlan[] {
  return waiting.filter(({ expires }) => expires > now);
}
