/**
 * The last day of each target, for the sparklines of the status page: one sample a minute, in memory only. Prometheus keeps
 * the real history; this one is there when nobody scrapes.
 */
import type { TargetState } from '../../drift/state.ts';

/** Length of one sample. */
export const stepMs = 60_000;
/** A day. */
export const samplesKept = 1_440;

/** One target's samples; about 6 kB. */
interface Ring {
  /** The largest semantic distance seen in each minute; NaN where nobody looked. By minute modulo the length. */
  readonly distances: Float32Array;
  /** The newest minute that was written, counted from the epoch. */
  newest: number;
}

export interface History {
  /** Takes a state in; what is older than the newest minute kept (a clock that was set back) starts the day anew. */
  record(state: TargetState): void;
  /** The day up to `now` (ms since the epoch), oldest first, {@link samplesKept} values; NaN where nobody looked. */
  day(target: string, now: number): Float32Array;
  /** Forgets every target that is not named. */
  retain(targets: readonly string[]): void;
}

/** The largest semantic distance of any facet; 0 without drift, NaN without a baseline. */
export function worstDistance(state: TargetState): number {
  const distances = Object.values(state.facets).flatMap(({ drift }) => drift?.semanticDistance ?? []);
  return distances.length === 0 ? Number.NaN : Math.max(...distances);
}

function forget(ring: Ring, minute: number): void {
  ring.distances.fill(Number.NaN);
  ring.newest = minute;
}

/** Moves the ring to a minute; what lies between is unknown. */
function advance(ring: Ring, minute: number): void {
  if (minute < ring.newest || minute - ring.newest >= samplesKept) forget(ring, minute);
  while (ring.newest < minute) ring.distances[++ring.newest % samplesKept] = Number.NaN;
}

/** An empty history. */
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
      // The worst of a minute: a drift that healed within it was there all the same.
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
