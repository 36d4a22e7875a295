/** Where the files of a target lie, and snapshots as files: `targets/<id>/<name>.snapshot`. */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { ensureDirectory, writeAtomic } from '../host/atomic.ts';
import { sha256Hex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';
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

/** Stores the newest snapshot of a target, so that the next start can tell what changed while nobody looked. */
export function saveLastSnapshot(state: StateDirectory, target: string, text: string): Promise<WriteResult> {
  return writeTargetFile(state, target, 'last.snapshot', text);
}

/**
 * The snapshot that was stored last, as text, or undefined where there is none; parsing it strictly is the caller's. Throws AppError for one
 * that is there and cannot be read.
 */
export function loadLastSnapshot(state: StateDirectory, target: string): string | undefined {
  const file = path.join(targetDirectory(state, target), 'last.snapshot');
  const read = readFile({ root: '/', path: file });
  if (read.ok) return read.bytes.toString('utf8');
  if (read.failure === 'absent') return undefined;
  throw new AppError(`cannot read ${file}`, read.why, 'make it readable for this user');
}

/** The text of a file, or undefined when it cannot be read. */
export function readText(file: string): string | undefined {
  const read = readFile({ root: '/', path: file });
  return read.ok ? read.bytes.toString('utf8') : undefined;
}

/** What a text of a file says; undefined where there is none, or it is no JSON. */
export function jsonOf(text: string | undefined): unknown {
  try {
    return JSON.parse(text ?? '');
  } catch {
    return undefined;
  }
}
