/**
 * `notified/<id>.json` of the state directory: what `check --notify` told one destination about one target, so that the same is not told again
 * and an end is told once. A file each, so that checks that run at once do not forget for each other; of two checks of one target the last one
 * is remembered, and at worst something is told twice. Destinations are digests, for their addresses are keys.
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

/** What was told to one destination about one target, and when: ms since the epoch. */
export type Notified = Omit<z.infer<typeof fileSchema>, 'schema'>;

/** What nobody told again for so long concerns nobody. */
const keptMs = 90 * 86_400_000;

const folderOf = (state: StateDirectory) => path.join(state.path, 'notified');

/** `key` names the destination and the target. */
const fileOf = (state: StateDirectory, key: string) =>
  path.join(folderOf(state), `${sha256Hex(key).slice(0, 32)}.json`);

/** What was told; a damaged file is moved aside and reported, one that cannot be read is `unread`. */
export async function loadNotified(
  state: StateDirectory,
  key: string,
  timeMs: number,
): Promise<Loaded<Notified>> {
  return await loadJson(state, fileOf(state, key), fileSchema, timeMs);
}

/** Stores what was told, and removes what is old. */
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
