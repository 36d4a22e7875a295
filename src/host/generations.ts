/** Gives names of generations of a build cache: a directory for a link, one link for another, and away with what nobody uses. */
import { promises as fs, lstatSync, readlinkSync, renameSync, symlinkSync } from 'node:fs';
import path from 'node:path';
import { syncDirectory } from './atomic.ts';
import { besideNames, changeEntry, settleBeside } from './change-entry.ts';
import { errorCode } from './errors.ts';

/** What stands at the place of a cache. */
export type PlaceState =
  | { readonly kind: 'absent' | 'directory' | 'other' }
  /** `to` as it is written. */
  | { readonly kind: 'link'; readonly to: string };

/** Looks at a place, a link not followed. Throws the system's error. */
export function placeState(place: string): PlaceState {
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (stat === undefined) return { kind: 'absent' };
  if (stat.isSymbolicLink()) return { kind: 'link', to: readlinkSync(place) };
  return { kind: stat.isDirectory() ? 'directory' : 'other' };
}

/** Moves a directory and makes that last. Throws the system's error. */
export async function moveDirectory(from: string, to: string): Promise<void> {
  await fs.rename(from, to);
  await syncDirectory(path.dirname(to));
  if (path.dirname(from) !== path.dirname(to)) await syncDirectory(path.dirname(from));
}

/** Removes a directory with all in it, links not followed. Throws the system's error. */
export async function removeDirectory(directory: string): Promise<void> {
  await fs.rm(directory, { recursive: true, force: true });
  await syncDirectory(path.dirname(directory));
}

/**
 * Gives the place of a directory to a link, and the directory another name; nothing stands at the place for the time of one call of the system. What a build
 * makes there in that moment goes to a name of `more`. Answers the names that were used. Throws the system's error.
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
      // Nothing comes between these two but the calls themselves.
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

/** Points the link at a place from one target to another; what stands there where it is another one. Throws the system's error. */
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

/** Removes what {@link exchangeForLink} and {@link pointLink} of that id left beside the place when they were killed. Throws the system's error. */
export async function settlePlace(place: string, from: string | undefined, id: string): Promise<void> {
  const [directory, name] = [path.dirname(place), path.basename(place)];
  const { next, old } = besideNames(name, id);
  if (from !== undefined) return await settleBeside(directory, name, { kind: 'link', to: from }, id);
  await fs.rm(path.join(directory, next), { force: true });
  await fs.rm(path.join(directory, old), { force: true });
}
