/**
 * Baselines of this host and what else is remembered of a target (design §5).
 *
 * `targets/<id>/state.json` is the memory of the loop: counters, open drifts, learning progress. One small file,
 * replaced as a whole. A baseline is two files: `<kind>-<digest>.snapshot` and, written after it, `<kind>.json`, which
 * names it with its digest, who approved it, when and why. So a crash between the two leaves the old baseline, and a
 * snapshot that was edited afterwards is noticed: only what was approved is ever restored from.
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

/** Milliseconds since the epoch; a clock that is wrong may give any of them. */
const ms = z.number();
const count = z.int().nonnegative();
const baselineKind = z.enum(['accepted', 'learned']);

/** The persisted state of a target, schema 1. Facets and levels are keys of the catalogue, not repeated here. */
export const targetStateSchema = z.strictObject({
  schema: z.literal(1),
  target: z.string(),
  /** facet → level → number of changes, for `changes_total`. */
  changes: z.record(z.string(), z.record(z.string(), count)),
  lastChange: z.record(z.string(), ms),
  /** Drifts that last; `signature`, `level` and `eventId` tell one from the next. What is optional was added later. */
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
  /** The fingerprint that was seen last, and how often in a row, while a baseline is learned. */
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
  /** When the accepted baseline was taken that the journal knows. */
  acceptedTold: ms.exactOptional(),
  /** When the learned baseline was taken that the journal knows. */
  learnedTold: ms.exactOptional(),
  /** The newest look compared with a committed baseline. */
  comparedWithCommitted: z.literal(true).exactOptional(),
  /** Fingerprint of the snapshot up to which `changes` are counted; its file is named by it. */
  last: z.string().exactOptional(),
  /** Line of the journal up to which this memory is complete; later lines are replayed after a crash. */
  journalSeq: count.exactOptional(),
});
export type PersistedTarget = z.infer<typeof targetStateSchema>;

/** What is remembered of a target that was never seen. */
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

/** Reads a target's state against a schema; a damaged file is moved aside and reported, and then there is none. */
export function loadTargetState<T>(
  state: StateDirectory,
  target: string,
  schema: z.ZodType<T>,
  timeMs: number,
): Promise<Loaded<T>> {
  return loadJson(state, path.join(targetDirectory(state, target), 'state.json'), schema, timeMs);
}

const targetNameSchema = z.object({ target: z.string() });

/** Every target of which something is known, by the name under which its files lie (store/peek.ts). */
export function knownTargets(stateDirectory: string): readonly TargetName[] {
  const directory = path.join(stateDirectory, 'targets');
  return listDirectory({ root: '/', path: directory }).flatMap((id) => {
    const parsed = targetNameSchema.safeParse(jsonOf(readText(path.join(directory, id, 'state.json'))));
    return parsed.success ? [ofStoreKey(parsed.data.target)] : [];
  });
}

/** Stores a target's state as a whole; what comes back from {@link loadTargetState} with its schema. */
export function saveTargetState(state: StateDirectory, target: string, value: unknown): Promise<WriteResult> {
  return writeTargetFile(state, target, 'state.json', `${JSON.stringify(value)}\n`);
}

/** A stored baseline; `text` is a snapshot of design §3. */
export interface StoredBaseline {
  readonly kind: z.infer<typeof baselineKind>;
  readonly text: string;
  /** `sha256:` and 64 hex digits, of the snapshot's body. */
  readonly fingerprint: string;
  readonly time: number;
  readonly who?: string;
  readonly why?: string;
  /** SHA-256 of the approved record that was kept with it, in hex. */
  readonly record?: string;
}

/** Stores a baseline in place of the one of its kind; the old one stays in force until the new one is whole. */
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
 * As {@link saveBaseline}; `point` replaces the file that names the baseline's snapshot. Of the snapshots of that kind only those go that no
 * file names afterwards.
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

/** Removes the snapshots of a kind that its file does not name; none where that cannot be told. */
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
