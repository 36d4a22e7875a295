/**
 * Overlays planned files over the real ones, to work out what a change would mean before anything is written:
 * for a planned path the functions of files.ts return the planned state. Applies to one asynchronous piece of
 * work and what it starts, and to no other.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { FileStamp, ReadResult, RootedPath } from './file-model.ts';

/** The planned state of a path: a file (`real` is its path with symlinks resolved), or absent. */
export type PlannedFile =
  | {
      readonly kind: 'file';
      readonly real: string;
      readonly bytes: Uint8Array;
      readonly sha256: string;
      readonly mode: number;
      readonly uid: number;
    }
  | { readonly kind: 'absent' };

/** Planned files by absolute path, as readers name them. */
export type PlannedFiles = ReadonlyMap<string, PlannedFile>;

const current = new AsyncLocalStorage<PlannedFiles>();

/** Runs `work` with these files planned. */
export function withPlannedFiles<T>(files: PlannedFiles, work: () => Promise<T>): Promise<T> {
  return current.run(files, work);
}

const plannedAt = ({ root, path: file }: RootedPath) =>
  root === '/' ? current.getStore()?.get(file) : undefined;

/** Returns a planned file as if it was read; undefined if none is planned and the real file counts. */
export function readPlanned(rootedPath: RootedPath, limit: number): ReadResult | undefined {
  const planned = plannedAt(rootedPath);
  if (planned === undefined) return undefined;
  if (planned.kind === 'absent') return { ok: false, failure: 'absent', why: 'no such file' };
  const { bytes, real, uid: owner } = planned;
  return bytes.length > limit
    ? { ok: false, failure: 'too-large', why: `is larger than ${limit} bytes` }
    : { ok: true, bytes: Buffer.from(bytes), mtimeMs: 0, owner, real };
}

/**
 * Returns the stamp of a planned file, which equals no real stamp, so that no cached content matches.
 * `planned` is false if none is planned.
 */
export function stampPlanned(rootedPath: RootedPath): {
  readonly planned: boolean;
  readonly stamp?: FileStamp;
} {
  const planned = plannedAt(rootedPath);
  if (planned?.kind !== 'file') return { planned: planned !== undefined };
  const { bytes, sha256, mode, uid: owner } = planned;
  const inode = -Number.parseInt(sha256.slice(0, 12), 16) - 1;
  const stamp = { inode, size: bytes.length, mtimeMs: 0, ctimeMs: 0, directory: false, owner };
  return { planned: true, stamp: { ...stamp, mode: 0o100000 | mode } };
}

const linkLimit = 40; // the kernel's MAXSYMLINKS

/**
 * Resolves a path with some symlinks replaced by planned ones (real path of the link to new target).
 * Undefined if it leads nowhere.
 */
export function realPathWith(file: string, links: ReadonlyMap<string, string>): string | undefined {
  const pending = file.split('/').filter(Boolean);
  let here = '/';
  let followed = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    if (name === '.') continue;
    const next = path.join(here, name);
    const to = links.get(next) ?? linkAt(next);
    if (to === null) return undefined;
    if (to === undefined) {
      here = next;
      continue;
    }
    if (++followed > linkLimit) return undefined;
    if (to.startsWith('/')) here = '/';
    pending.unshift(...to.split('/').filter(Boolean));
  }
  return here;
}

/** Returns the target of a symlink; undefined for anything else, null for a missing file. */
function linkAt(file: string): string | undefined | null {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : undefined;
  } catch {
    return null;
  }
}
