/**
 * Keeps the last day of each target for the sparklines of the status page: one sample a minute, in memory
 * only. Prometheus has the real history; this one works without a Prometheus.
 */
import type { TargetState } from '../../drift/state.ts';

/** Length of one sample, in ms. */
export const stepMs = 60_000;
/** Samples of a day. */
export const samplesKept = 1_440;

/** The samples of one target; about 6 kB. */
interface Ring {
  /**
   * Largest semantic distance of each minute, at index minute modulo the length; NaN without an observation.
   */
  readonly distances: Float32Array;
  /** Newest minute with a sample, counted from the epoch. */
  newest: number;
}

export interface History {
  /** Adds a state. If it is older than the newest sample (the clock was set back), the day starts anew. */
  record(state: TargetState): void;
  /**
   * Returns the day up to `now` (ms since the epoch), oldest first, {@link samplesKept} values; NaN without
   * an observation.
   */
  day(target: string, now: number): Float32Array;
  /** Drops all other targets. */
  retain(targets: readonly string[]): void;
}

/** Returns the largest semantic distance of any facet; 0 without drift, NaN without a baseline. */
export function worstDistance(state: TargetState): number {
  const distances = Object.values(state.facets).flatMap(({ drift }) => drift?.semanticDistance ?? []);
  return distances.length === 0 ? Number.NaN : Math.max(...distances);
}

function forget(ring: Ring, minute: number): void {
  ring.distances.fill(Number.NaN);
  ring.newest = minute;
}

/** Advances the ring to a minute; skipped minutes are unknown. */
function advance(ring: Ring, minute: number): void {
  if (minute < ring.newest || minute - ring.newest >= samplesKept) forget(ring, minute);
  while (ring.newest < minute) ring.distances[++ring.newest % samplesKept] = Number.NaN;
}

/** Creates an empty history. */
export function createHistory(): History {
  const rings = new Map<string, Ring>();
  return {
    record(state) {
      const minute = Math.floor(state.time / stepMs);
      let ring = rings.get(state.target);
      if (ring === undefined) {
        ring = { distances: new Float32Array(samplesKept).fill(Number.NaN), newest: minute };
        rings.set(state.target, ring);
      }
      advance(ring, minute);
      const place = minute % samplesKept;
      const before = ring.distances[place] as number;
      const distance = worstDistance(state);
      // Keep the worst value of the minute, so that a drift which healed within it is visible.
      if (!(before >= distance)) ring.distances[place] = Number.isNaN(distance) ? before : distance;
    },
    day(target, now) {
      const day = new Float32Array(samplesKept).fill(Number.NaN);
      const ring = rings.get(target);
      if (ring === undefined) return day;
      const last = Math.floor(now / stepMs);
      for (let back = 0; back < samplesKept; back++) {
        const minute = last - back;
        if (minute <= ring.newest && minute > ring.newest - samplesKept)
          day[samplesKept - 1 - back] = ring.distances[minute % samplesKept] as number;
      }
      return day;
    },
    retain(targets) {
      const kept = new Set(targets);
      for (const target of rings.keys()) if (!kept.has(target)) rings.delete(target);
    },
  };
}
