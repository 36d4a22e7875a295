/** The directory of a target's files, and its newest snapshot, `targets/<id>/last-<digest>.snapshot`. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, lstatOf, removeFile, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';
import { type Loaded, setAside } from './json-file.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

/**
 * Returns the directory name of a target: a readable part of its name and a digest of all of it, so that no
 * name leads outside, is too long, or collides with another on a case-insensitive file system.
 */
export function targetId(target: string): string {
  const readable = target.replace(/[^A-Za-z0-9._-]+/g, '_').slice(0, 40);
  return `${readable}-${sha256Hex(target).slice(0, 16)}`;
}

/** Returns the directory of a target in the state directory. */
export function targetDirectory(state: StateDirectory, target: string): string {
  return path.join(state.path, 'targets', targetId(target));
}

/** Writes a file into a target's directory, which is created if needed. */
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

/** Returns the fingerprint of a snapshot's text: `sha256:` and 64 hex digits, of its body. */
export function snapshotFingerprint(text: string): string {
  return `sha256:${sha256Hex(text.slice(text.indexOf('\n') + 1))}`;
}

/**
 * Returns the file name of a snapshot. It is named by content, so that the snapshot that the stored counters
 * refer to stays until new counters are stored. `last.snapshot` is of an older version.
 */
function lastName(fingerprint: string | undefined): string {
  if (fingerprint === undefined) return 'last.snapshot';
  const [, digits = ''] = /^sha256:([0-9a-f]{16})/.exec(fingerprint) ?? [];
  return `last-${digits}.snapshot`;
}
const anyLast = /^last(?:-[0-9a-f]{16})?\.snapshot$/;

/**
 * Stores the newest snapshot of a target, so that the next start can tell what changed in between. Older ones
 * stay.
 */
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
 * Returns the text of the stored snapshot with that fingerprint; without a fingerprint, of the one that an
 * older version stored. No value if there is none; a damaged one is moved aside and reported. Parsing is up
 * to the caller. Throws AppError for a snapshot that exists and cannot be read.
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

/** Removes every snapshot except the one with that fingerprint, once no counters refer to them. */
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

/** Returns the text of a file, or undefined if it cannot be read. */
export function readText(file: string): string | undefined {
  const read = readFile({ root: '/', path: file });
  return read.ok ? read.bytes.toString('utf8') : undefined;
}
