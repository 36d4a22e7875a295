/**
 * `tidings.json` of the state directory: targets that came or went, but whose journal line is not written
 * yet.
 */
import path from 'node:path';
import * as z from 'zod';
import { type Loaded, loadJson, saveJson } from './json-file.ts';
import type { StateDirectory, WriteResult } from './state-directory.ts';

const waitingSchema = z.strictObject({
  target: z.string(),
  workspace: z.string(),
  /** Facets whose drift was open. */
  facets: z.array(z.string()).readonly().optional(),
});
const fileSchema = z.strictObject({ schema: z.literal(1), waiting: z.array(waitingSchema).readonly() });

interface Waiting {
  readonly target: string;
  readonly workspace: string;
  readonly facets?: readonly string[];
}

const fileOf = (state: StateDirectory) => path.join(state.path, 'tidings.json');

/** Loads the waiting changes; a damaged file is moved aside and reported. */
export async function loadTargetChanges(
  state: StateDirectory,
  timeMs: number,
): Promise<Loaded<readonly Waiting[]>> {
  const { value, ...rest } = await loadJson(state, fileOf(state), fileSchema, timeMs);
  if (value === undefined) return rest;
  const waiting = value.waiting.map(({ facets, ...one }) =>
    facets === undefined ? one : { ...one, facets },
  );
  return { value: waiting, ...rest };
}

/** Stores the waiting changes. */
export function saveTargetChanges(state: StateDirectory, waiting: readonly Waiting[]): Promise<WriteResult> {
  return saveJson(state, fileOf(state), { schema: 1, waiting });
}
