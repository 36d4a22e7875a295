/**
 * Serialises what is known of a target. The main thread only stores the bytes for the next thread that
 * observes the target, and never reads them.
 */
import { deserialize, serialize } from 'node:v8';
import { nothingRemembered, type Remembered } from '../../drift/step-data.ts';
import type { Demands } from './worker-messages.ts';

/** What an observation needs to know of the previous one. */
export interface TargetPast {
  readonly remembered: Remembered;
  readonly demands: Demands;
  readonly disagreements?: number;
}

/** Serialises a past. */
export function writePast(past: TargetPast): Uint8Array {
  return serialize(past);
}

/** Deserialises the result of {@link writePast}; empty bytes mean that nothing is known yet. */
export function readPast(bytes: Uint8Array): TargetPast {
  if (bytes.length === 0) return { remembered: nothingRemembered, demands: {} };
  return deserialize(bytes) as TargetPast;
}
