/** What is known of a target, as bytes: the program keeps them for the thread that looks next, and has no need to read them. */
import { deserialize, serialize } from 'node:v8';
import { nothingRemembered, type Remembered } from '../../drift/step-data.ts';
import type { Demands } from './worker-messages.ts';

/** What the next look of a target needs of the last one. */
export interface TargetPast {
  readonly remembered: Remembered;
  readonly demands: Demands;
  readonly disagreements?: number;
}

/** The bytes of a past. */
export function writePast(past: TargetPast): Uint8Array {
  return serialize(past);
}

/** The past of {@link writePast}; nothing is known of an empty one. */
export function readPast(bytes: Uint8Array): TargetPast {
  if (bytes.length === 0) return { remembered: nothingRemembered, demands: {} };
  return deserialize(bytes) as TargetPast;
}
