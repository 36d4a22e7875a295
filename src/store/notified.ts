/**
 * `notified/<id>.json` of the state directory: what `check --notify` sent to one destination about one
 * target, so that nothing is sent twice and an end is sent once. Each has its own file, so that concurrent
 * checks do not overwrite each other; of two concurrent checks of one target the last is remembered, and at
 * worst something is sent twice. Destinations are stored as digests, because their URLs are secrets.
 */
import path from 'node:path';
import * as z from 'zod';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, lstatOf, removeFile } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { type Loaded, loadJson, saveJson } from './json-file.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

const toldSchema = z.strictObject({
  id: z.string(),
  labels: z.record(z.string(), z.string()),
  summary: z.string(),
  since: z.number(),
});

const fileSchema = z.strictObject({ schema: z.literal(1), time: z.number(), told: z.array(toldSchema) });

/** What was sent to one destination about one target, and when: ms since the epoch. */
export type Notified = Omit<z.infer<typeof fileSchema>, 'schema'>;

/** Age in ms at which a file is removed. */
const keptMs = 90 * 86_400_000;

const folderOf = (state: StateDirectory) => path.join(state.path, 'notified');

/** Returns the file for a `key` that names destination and target. */
const fileOf = (state: StateDirectory, key: string) =>
  path.join(folderOf(state), `${sha256Hex(key).slice(0, 32)}.json`);

/** Loads what was sent; a damaged file is moved aside and reported, one that cannot be read is `unread`. */
export async function loadNotified(
  state: StateDirectory,
  key: string,
  timeMs: number,
): Promise<Loaded<Notified>> {
  return await loadJson(state, fileOf(state, key), fileSchema, timeMs);
}

/** Stores what was sent, and removes old files. */
export async function saveNotified(
  state: StateDirectory,
  key: string,
  { time, told }: Notified,
  timeMs: number,
): Promise<WriteResult> {
  const file = fileOf(state, key);
  const ready = await attempt(state, file, () => ensureDirectory(folderOf(state)));
  if (!ready.ok) return ready;
  const saved = await saveJson(state, file, { schema: 1, time, told });
  if (saved.ok) await removeOld(state, timeMs);
  return saved;
}

async function removeOld(state: StateDirectory, timeMs: number): Promise<void> {
  for (const name of await namesIn(folderOf(state)).catch(() => [])) {
    const file = path.join(folderOf(state), name);
    const modified = (await lstatOf(file).catch(() => undefined))?.mtimeMs;
    if (modified !== undefined && timeMs - modified >= keptMs)
      await attempt(state, file, () => removeFile(file));
  }
}
