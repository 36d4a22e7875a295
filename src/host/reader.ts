/**
 * Keeps the user for whom files are read. Files named by another user's process, or by a file that another
 * user publishes, are read with that user's permissions; otherwise root would reveal what that user may not
 * see. The work on a target sets the user once (`readAs`), and every function of this folder that opens,
 * lists or stats a path checks here.
 */
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  allows,
  type Credentials,
  maySearchAbove,
  type OtherCredentials,
  readsAsMuch,
  statFor,
} from './credentials.ts';
import { lstatSync, splitRoot } from './root.ts';

/** The parts of fstat that decide. */
type OpenStat = Parameters<typeof allows>[0] & { readonly dev: number; readonly ino: number };

const current = new AsyncLocalStorage<OtherCredentials | undefined>();

/**
 * Runs `work`, asynchronous parts included, with the permissions of `who`; `own` are those of this process,
 * checked by the kernel.
 */
export function readAs<T>(who: Credentials, work: () => T): T {
  return current.run(who === 'own' || readsAsMuch(who) ? undefined : who, work);
}

/** Binds `work` to the present user, for a later call. */
export function withThisReader<T>(work: () => T): () => T {
  const who = current.getStore();
  return () => current.run(who, work);
}

/**
 * Returns the uid of the user read for; undefined for this process itself, -1 for a user without identity.
 */
export function readerUid(): number | undefined {
  return current.getStore()?.uid;
}

/**
 * Returns a cache key for the permissions in force, because what one user may read must not reach another.
 */
export function readerName(): string {
  const who = current.getStore();
  return who === undefined ? '' : nameOf(who);
}

const names = new WeakMap<OtherCredentials, string>();

/** {@link readerName} for given credentials. */
export function nameOf(who: Credentials): string {
  if (who === 'own') return '';
  const { uid, gids, overrides } = who;
  const name =
    names.get(who) ?? [uid, ...[...gids].sort(), ...(overrides ? [JSON.stringify(overrides)] : [])].join(' ');
  names.set(who, name);
  return name;
}

/**
 * Reports whether the user read for may read an open file: by its mode, and those of the directories above,
 * up to `below` (inside the root), whose own mode is not checked. `real` is its real path; a file not found
 * there, as one of another mount namespace, may not be read.
 */
export function mayReadOpen(real: string, stat: OpenStat, below = '/'): boolean {
  const who = current.getStore();
  if (who === undefined) return true;
  const [top, inside] = splitRoot(real);
  const there = lstatSync(real);
  const same = there !== undefined && there.dev === stat.dev && there.ino === stat.ino;
  return same && allows(stat, who, 'read') && maySearchAbove(top, inside, who, below);
}

/** Reports whether the user read for can reach a path, on the host or in a root. */
export function mayReach(file: string): boolean {
  return may(file, false);
}

/** Reports whether the user read for may read a file, or list a directory. */
export function mayRead(file: string): boolean {
  return may(file, true);
}

/**
 * Reports whether the user read for may create files in a directory, by its mode; undefined if the kernel
 * must be asked, as for this process itself.
 */
export function mayFill(stat: Parameters<typeof allows>[0]): boolean | undefined {
  const who = current.getStore();
  return who === undefined ? undefined : allows(stat, who, 'fill');
}

/**
 * Returns the ids of the user read for, as this process sees them; undefined for this process itself and for
 * a user without identity.
 */
export function readerIds(): { readonly uid: number; readonly gids: readonly number[] } | undefined {
  const who = current.getStore();
  // Root of a user namespace may do more than its ids say.
  return who === undefined || who.uid === -1 || who.overrides !== undefined
    ? undefined
    : { uid: who.uid, gids: [...who.gids] };
}

function may(file: string, read: boolean): boolean {
  const who = current.getStore();
  if (who === undefined) return true;
  try {
    const stat = statFor(...splitRoot(file), who);
    return stat !== undefined && (!read || allows(stat, who, 'read'));
  } catch {
    return false;
  }
}
