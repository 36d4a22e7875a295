/**
 * Renames the generations of a build cache: replaces a directory by a link, points a link elsewhere, removes
 * unused generations.
 */
import { promises as fs, lstatSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { syncDirectory } from './atomic.ts';
import { besideNames, changeEntry, settleBeside } from './change-entry.ts';
import { errorCode } from './errors.ts';

/** What is at the path of a cache. */
export type PlaceState =
  | { readonly kind: 'absent' | 'directory' | 'other' }
  /** `to` is the link's text. */
  | { readonly kind: 'link'; readonly to: string };

/** Returns the state of a path, without following a link. Throws the system's error. */
export function placeState(place: string): PlaceState {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: 'absent' };
  if (stat.isSymbolicLink()) return { kind: 'link', to: readlinkSync(place) };
  return { kind: stat.isDirectory() ? 'directory' : 'other' };
}

/** Moves a directory, durably. Throws the system's error. */
export async function moveDirectory(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncDirectory(path.dirname(to));
  if (path.dirname(from) !== path.dirname(to)) await syncDirectory(path.dirname(from));
}

/** Removes a directory recursively; links are not followed. Throws the system's error. */
export async function removeDirectory(directory: string): Promise<void> {
  await fs.rm(directory, { recursive: true, force: true });
  await syncDirectory(path.dirname(directory));
}

/**
 * Moves a directory to `to` and puts a link in its place; the place is empty for one system call only. If a
 * build creates a new directory there in that moment, it is moved to a name from `more`. Returns the names
 * used. Throws the system's error.
 */
export async function exchangeForLink(
  place: string,
  to: string,
  link: string,
  id: string,
  more: () => string,
): Promise<readonly string[]> {
  const { next } = besideNames(path.basename(place), id);
  const fresh = path.join(path.dirname(place), next);
  await fs.rm(fresh, { force: true });
  symlinkSync(link, fresh);
  const used: string[] = [];
  let name = to;
  for (let tries = 0; ; tries++) {
    if (placeState(place).kind === 'directory') {
      // Nothing but the two calls comes between them.
      renameSync(place, name);
      used.push(name);
    }
    try {
      renameSync(fresh, place);
      break;
    } catch (error) {
      if (!['EISDIR', 'ENOTEMPTY', 'EEXIST'].includes(errorCode(error)) || tries > 2) throw error;
      name = more();
    }
  }
  await syncDirectory(path.dirname(to));
  await syncDirectory(path.dirname(place));
  return used;
}

/**
 * Points a link from one target to another. If the place is not that link, returns what is there instead.
 * Throws the system's error.
 */
export async function pointLink(
  place: string,
  from: string,
  to: string,
  id: string,
): Promise<string | undefined> {
  const [directory, name] = [path.dirname(place), path.basename(place)];
  const change = {
    directory,
    name,
    before: { kind: 'link', to: from },
    after: { kind: 'link', to },
  } as const;
  const changed = await changeEntry(change, id);
  return changed === 'done' ? undefined : changed.changed.kind;
}

/**
 * Removes what a killed {@link exchangeForLink} or {@link pointLink} of that id left beside the place. Throws
 * the system's error.
 */
export async function settlePlace(place: string, from: string | undefined, id: string): Promise<void> {
  const [directory, name] = [path.dirname(place), path.basename(place)];
  const { next, old } = besideNames(name, id);
  if (from !== undefined) return await settleBeside(directory, name, { kind: 'link', to: from }, id);
  await fs.rm(path.join(directory, next), { force: true });
  await fs.rm(path.join(directory, old), { force: true });
}
