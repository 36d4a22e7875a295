/**
 * Baselines of this host and the other stored state of targets (design §5).
 *
 * `targets/<id>/state.json` is the memory of the loop: counters, open drifts, learning progress. It is one
 * small file, replaced as a whole. A baseline is two files: `<kind>-<digest>.snapshot` and, written after it,
 * `<kind>.json`, which names the snapshot with its digest, and who approved it, when and why. So a crash
 * between the two leaves the old baseline in force, and a snapshot edited later is detected: only what was
 * approved is ever restored.
 */
import path from 'node:path';
import * as z from 'zod';
import { severities } from '../drift/severity.ts';
import { removeFile, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { listDirectory } from '../host/files.ts';
import { jsonOf, type Loaded, loadJson } from './json-file.ts';
import { ofStoreKey, readPointer, type TargetName } from './peek.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';
import { readText, targetDirectory, writeTargetFile } from './target-files.ts';

/** Milliseconds since the epoch; may be any number, because a clock may be wrong. */
const ms = z.number();
const count = z.int().nonnegative();
const baselineKind = z.enum(['accepted', 'learned']);

/**
 * The stored state of a target, schema 1. Facets and levels are keys of the catalogue and not repeated here.
 */
export const targetStateSchema = z.strictObject({
  schema: z.literal(1),
  target: z.string(),
  /** facet → level → number of changes, for `changes_total`. */
  changes: z.record(z.string(), z.record(z.string(), count)),
  lastChange: z.record(z.string(), ms),
  /**
   * Open drifts; `signature`, `level` and `eventId` distinguish one from the next. The optional fields were
   * added later.
   */
  drift: z.record(
    z.string(),
    z.strictObject({
      since: ms,
      traceId: z.string(),
      spanId: z.string(),
      eventSeq: count,
      signature: z.string().optional(),
      level: z.string().optional(),
      eventId: z.string().optional(),
      severity: z.enum(severities).optional(),
      hostId: z.string().optional(),
    }),
  ),
  /** While a baseline is being learned: the last fingerprint seen, and how often in a row. */
  learning: z.strictObject({ fingerprint: z.string(), seen: count }).nullable(),
  baseline: z
    .strictObject({
      kind: baselineKind,
      fingerprint: z.string(),
      time: ms,
      who: z.string().optional(),
      why: z.string().optional(),
    })
    .nullable(),
  lastFingerprints: z.record(z.string(), z.string()),
  /** When the accepted baseline that the journal records was taken. */
  acceptedTold: ms.exactOptional(),
  /** When the learned baseline that the journal records was taken. */
  learnedTold: ms.exactOptional(),
  /** The last observation was compared with a committed baseline. */
  comparedWithCommitted: z.literal(true).exactOptional(),
  /** Fingerprint of the snapshot up to which `changes` are counted; its file is named by it. */
  last: z.string().exactOptional(),
  /** Line of the journal up to which this state is complete; later lines are replayed after a crash. */
  journalSeq: count.exactOptional(),
});
export type PersistedTarget = z.infer<typeof targetStateSchema>;

/** Returns the state of a target that was never observed. */
export function emptyTarget(target: string): PersistedTarget {
  return {
    schema: 1,
    target,
    changes: {},
    lastChange: {},
    drift: {},
    learning: null,
    baseline: null,
    lastFingerprints: {},
  };
}

/** Reads a target's state. A damaged file is moved aside and reported, and there is no value then. */
export function loadTargetState<T>(
  state: StateDirectory,
  target: string,
  schema: z.ZodType<T>,
  timeMs: number,
): Promise<Loaded<T>> {
  return loadJson(state, path.join(targetDirectory(state, target), 'state.json'), schema, timeMs);
}

const targetNameSchema = z.object({ target: z.string() });

/** Returns every target with stored state, by the name of its files (store/peek.ts). */
export function knownTargets(stateDirectory: string): readonly TargetName[] {
  const directory = path.join(stateDirectory, 'targets');
  return listDirectory({ root: '/', path: directory }).flatMap((id) => {
    const parsed = targetNameSchema.safeParse(jsonOf(readText(path.join(directory, id, 'state.json'))));
    return parsed.success ? [ofStoreKey(parsed.data.target)] : [];
  });
}

/** Stores a target's state as a whole, for {@link loadTargetState}. */
export function saveTargetState(state: StateDirectory, target: string, value: unknown): Promise<WriteResult> {
  return writeTargetFile(state, target, 'state.json', `${JSON.stringify(value)}\n`);
}

/** A stored baseline; `text` is a snapshot (design §3). */
export interface StoredBaseline {
  readonly kind: z.infer<typeof baselineKind>;
  readonly text: string;
  /** Fingerprint of the snapshot's body, `sha256:` and 64 hex digits. */
  readonly fingerprint: string;
  readonly time: number;
  readonly who?: string;
  readonly why?: string;
  /** SHA-256, in hex, of the approved record that was kept with it. */
  readonly record?: string;
}

/** Stores a baseline in place of the one of its kind, which stays in force until the new one is complete. */
export function saveBaseline(
  state: StateDirectory,
  target: string,
  baseline: StoredBaseline,
): Promise<WriteResult> {
  return replaceBaseline(state, target, baseline, (file, text) =>
    attempt(state, file, async () => {
      await writeAtomic(file, text);
      return undefined;
    }),
  );
}

/**
 * {@link saveBaseline} with a function `point` that replaces the file naming the baseline's snapshot.
 * Afterwards removes the snapshots of that kind that the file does not name.
 */
export async function replaceBaseline(
  state: StateDirectory,
  target: string,
  baseline: StoredBaseline,
  point: (file: string, text: string) => Promise<WriteResult>,
): Promise<WriteResult> {
  const { kind, text, ...facts } = baseline;
  const sha256 = sha256Hex(text);
  const snapshot = `${kind}-${sha256.slice(0, 16)}.snapshot`;
  const written = await writeTargetFile(state, target, snapshot, text);
  if (!written.ok) return written;
  const pointer = path.join(targetDirectory(state, target), `${kind}.json`);
  const named = await point(pointer, `${JSON.stringify({ schema: 1, snapshot, sha256, ...facts })}\n`);
  await removeUnnamed(state, target, kind);
  return named;
}

/** Removes the snapshots of a kind that its file does not name; none if the file cannot be read. */
async function removeUnnamed(
  state: StateDirectory,
  target: string,
  kind: StoredBaseline['kind'],
): Promise<void> {
  const directory = targetDirectory(state, target);
  const named = readPointer(directory, kind);
  if (named.state !== 'read') return;
  for (const name of listDirectory({ root: '/', path: directory })) {
    if (!name.startsWith(`${kind}-`) || !name.endsWith('.snapshot') || name === named.value.snapshot)
      continue;
    await attempt(state, name, () => removeFile(path.join(directory, name)));
  }
}
