/**
 * Files as they would be, for work that asks what a change would mean before anything is written: where a file is planned, the functions of files.ts answer
 * with what is planned instead of what stands there. It holds for one piece of work and what that starts, and for nobody beside it.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import { lstatSync, readlinkSync } from 'node:fs';
import path from 'node:path';
import type { FileStamp, ReadResult, RootedPath } from './file-model.ts';

/** What would stand there: a file, by its path with links resolved, or nothing. */
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

/** By absolute path, as whoever reads a file calls it. */
export type PlannedFiles = ReadonlyMap<string, PlannedFile>;

const current = new AsyncLocalStorage<PlannedFiles>();

/** Does the work with these files as they would be. */
export function withPlannedFiles<T>(files: PlannedFiles, work: () => Promise<T>): Promise<T> {
  return current.run(files, work);
}

const plannedAt = ({ root, path: file }: RootedPath) =>
  root === '/' ? current.getStore()?.get(file) : undefined;

/** A file as it would be read; undefined where nothing is planned, and what stands there counts. */
export function readPlanned(rootedPath: RootedPath, limit: number): ReadResult | undefined {
  const planned = plannedAt(rootedPath);
  if (planned === undefined) return undefined;
  if (planned.kind === 'absent') return { ok: false, failure: 'absent', why: 'no such file' };
  const { bytes, real, uid: owner } = planned;
  return bytes.length > limit
    ? { ok: false, failure: 'too-large', why: `is larger than ${limit} bytes` }
    : { ok: true, bytes: Buffer.from(bytes), mtimeMs: 0, owner, real };
}

/** Its stamp, which no other file has, so that it is not taken for one that was read before; `planned` is false where nothing is. */
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

const linkLimit = 40; // as the kernel's MAXSYMLINKS

/** Where a path would lead with some links planned otherwise, by their real paths. Undefined where it leads nowhere. */
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

/** What a link holds; undefined where something else stands there, null where nothing does. */
function linkAt(file: string): string | undefined | null {
  try {
    return lstatSync(file).isSymbolicLink() ? readlinkSync(file) : undefined;
  } catch {
    return null;
  }
}
