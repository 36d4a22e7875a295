/**
 * What a loop knows of its targets, for the loop that takes its place on a reload. What was learned, counted and opened lives here first and
 * on the disk only where that can be written: whoever began anew from the disk would take a drift that stands for what is normal.
 */
import { isDeepStrictEqual } from 'node:util';
import type { CollectorState } from '../../drift/state.ts';
import type { Memory } from '../../drift/transition.ts';
import type { TargetSettings } from '../target.ts';
import { readPast, writePast } from './past.ts';

/** What is known of one target. */
export interface KnownTarget {
  readonly settings: TargetSettings;
  readonly past: Uint8Array;
  readonly memory: Memory;
  readonly collectors: readonly CollectorState[];
}

/** What a loop leaves to the next one; the numbers are those of its counters. */
export interface Handover {
  /** By {@link handoverKey}. */
  readonly targets: ReadonlyMap<string, KnownTarget>;
  readonly passes: number;
  readonly missed: number;
  readonly events: number;
}

/** The same name in another workspace is another target. */
export function handoverKey({ name, workspace }: Pick<TargetSettings, 'name' | 'workspace'>): string {
  return `${name}\0${workspace}`;
}

/** What was known of a target, as its new settings have it: what its `.godrift.yml` added to other settings is not in force any more. */
export function takenOver(known: KnownTarget, settings: TargetSettings): KnownTarget {
  if (isDeepStrictEqual(known.settings, settings) || known.past.length === 0) return { ...known, settings };
  const past = readPast(known.past);
  const { refined: _, ...demands } = past.demands;
  return { ...known, settings, past: writePast({ ...past, demands }) };
}
