/** Where the files of a target lie, and the newest snapshot as a file: `targets/<id>/last-<digest>.snapshot`. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, lstatOf, removeFile, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';
import { type Loaded, setAside } from './json-file.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

/**
 * The directory name of a target: what is readable of its name and a digest of all of it, so that no name reaches
 * outside, is too long, or meets another one on a file system that ignores case.
 */
export function targetId(target: string): string {
  const readable = target.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 40);
  return `${readable}-${sha256Hex(target).slice(0, 16)}`;
}

/** The directory of a target in the state directory. */
export function targetDirectory(state: StateDirectory, target: string): string {
  return path.join(state.path, 'targets', targetId(target));
}

/** Runs a write into a target's directory, which it creates. */
export function writeTargetFile(
  state: StateDirectory,
  target: string,
  name: string,
  text: string,
): Promise<WriteResult> {
  const directory = targetDirectory(state, target);
  return attempt(state, path.join(directory, name), async () => {
    await ensureDirectory(directory);
    await writeAtomic(path.join(directory, name), text);
    return undefined;
  });
}

/** The fingerprint of a snapshot's text: `sha256:` and 64 hex digits, of its body. */
export function snapshotFingerprint(text: string): string {
  return `sha256:${sha256Hex(text.slice(text.indexOf('\n') + 1))}`;
}

/**
 * Named by content, so that the snapshot at which the stored counters end stays until others are stored; `last.snapshot` is of an older version.
 */
function lastName(fingerprint: string | undefined): string {
  if (fingerprint === undefined) return 'last.snapshot';
  const [, digits = ''] = /^sha256:([0-9a-f]{16})/.exec(fingerprint) ?? [];
  return `last-${digits}.snapshot`;
}
const anyLast = /^last(?:-[0-9a-f]{16})?\.snapshot$/;

/** Stores the newest snapshot of a target, so that the next start can tell what changed while nobody looked. Older ones stay. */
export async function saveLastSnapshot(
  state: StateDirectory,
  target: string,
  text: string,
): Promise<WriteResult> {
  const name = lastName(snapshotFingerprint(text));
  const there = await attempt(state, name, () => lstatOf(path.join(targetDirectory(state, target), name)));
  if (!there.ok) return there;
  return there.value === undefined
    ? await writeTargetFile(state, target, name, text)
    : { ok: true, value: undefined };
}

/**
 * The stored snapshot with that fingerprint, as text; without one, the snapshot that an older version stored. No value where there is none; one
 * that is damaged is moved aside and reported. Parsing is the caller's. Throws AppError for one that is there and cannot be read.
 */
export async function loadLastSnapshot(
  state: StateDirectory,
  target: string,
  fingerprint: string | undefined,
  timeMs: number,
): Promise<Loaded<string>> {
  const file = path.join(targetDirectory(state, target), lastName(fingerprint));
  const read = readFile({ root: '/', path: file });
  if (!read.ok) {
    if (read.failure === 'absent') return {};
    throw new AppError(`cannot read ${file}`, read.why, 'make it readable for this user');
  }
  const value = read.bytes.toString('utf8');
  if (fingerprint === undefined || snapshotFingerprint(value) === fingerprint) return { value };
  return { problem: await setAside(state, file, 'it is not what was stored', timeMs) };
}

/** Removes every snapshot but the one with that fingerprint, once nothing counts from them any more. */
export async function removeOlderSnapshots(
  state: StateDirectory,
  target: string,
  fingerprint: string,
): Promise<WriteResult> {
  const directory = targetDirectory(state, target);
  return await attempt(state, directory, async () => {
    for (const name of await namesIn(directory))
      if (anyLast.test(name) && name !== lastName(fingerprint)) await removeFile(path.join(directory, name));
    return undefined;
  });
}

/** The text of a file, or undefined when it cannot be read. */
export function readText(file: string): string | undefined {
  const read = readFile({ root: '/', path: file });
  return read.ok ? read.bytes.toString('utf8') : undefined;
}
