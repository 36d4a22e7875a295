/**
 * `notified.json` of the state directory: what `check --notify` told whom, so that the same is not told again and an end is told once. No
 * lock: of two checks at once the last one is remembered, and at worst something is told twice. Destinations are digests, for their
 * addresses are keys.
 */
import path from 'node:path';
import * as z from 'zod';
import { type Loaded, loadJson, saveJson } from './json-file.ts';
import type { StateDirectory, WriteResult } from './state-directory.ts';

const toldSchema = z.strictObject({
  id: z.string(),
  labels: z.record(z.string(), z.string()),
  summary: z.string(),
  since: z.number(),
});

const destinationSchema = z.strictObject({ time: z.number(), told: z.array(toldSchema) });

const fileSchema = z.strictObject({
  schema: z.literal(1),
  destinations: z.record(z.string(), destinationSchema),
});

/** What was told to one destination about one target, and when: ms since the epoch. */
export type Notified = z.infer<typeof destinationSchema>;
export type AllNotified = Readonly<Record<string, Notified>>;

/** What nobody told again for so long concerns nobody. */
const keptMs = 90 * 86_400_000;

const fileOf = (state: StateDirectory) => path.join(state.path, 'notified.json');

/** Reads the memory; a damaged file is moved aside and reported. */
export async function loadNotified(state: StateDirectory, timeMs: number): Promise<Loaded<AllNotified>> {
  const { value, problem } = await loadJson(state, fileOf(state), fileSchema, timeMs);
  return {
    ...(value === undefined ? {} : { value: value.destinations }),
    ...(problem === undefined ? {} : { problem }),
  };
}

/** Stores the memory, without what is old or empty. */
export function saveNotified(state: StateDirectory, all: AllNotified, timeMs: number): Promise<WriteResult> {
  const kept = Object.entries(all).filter(([, { time, told }]) => told.length > 0 && timeMs - time < keptMs);
  return saveJson(state, fileOf(state), { schema: 1, destinations: Object.fromEntries(kept) });
}
