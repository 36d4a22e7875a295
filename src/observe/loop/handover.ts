/**
 * The knowledge of a loop about its targets, handed to the loop that replaces it on a reload. What was
 * learned, counted and opened is current in memory and reaches the disk only if that is writable. A loop that
 * started from the disk alone could learn an existing drift as normal.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CollectorState } from '../../drift/state.ts';
import type { Memory } from '../../drift/transition.ts';
import type { TargetSettings } from '../target.ts';
import { readPast, writePast } from './target-past.ts';

/** What is known about one target. */
export interface KnownTarget {
  readonly settings: TargetSettings;
  readonly past: Uint8Array;
  readonly memory: Memory;
  readonly collectors: readonly CollectorState[];
}

/** What a loop hands to its successor; the numbers continue its counters. */
export interface Handover {
  /** By {@link handoverKey}. */
  readonly targets: ReadonlyMap<string, KnownTarget>;
  readonly passes: number;
  readonly missed: number;
  readonly events: number;
}

/** Returns the key of a target: the same name with another workspace is another target. */
export function handoverKey({ name, workspace }: Pick<TargetSettings, 'name' | 'workspace'>): string {
  return `${name}\0${workspace}`;
}

/**
 * Adapts the knowledge about a target to its new settings. If the settings differ, those refined by its
 * `.godrift.yml` are dropped, because they extended the old ones.
 */
export function adaptToSettings(known: KnownTarget, settings: TargetSettings): KnownTarget {
  if (isDeepStrictEqual(known.settings, settings) || known.past.length === 0) return { ...known, settings };
  const past = readPast(known.past);
  const { refined: _, ...demands } = past.demands;
  return { ...known, settings, past: writePast({ ...past, demands }) };
}
