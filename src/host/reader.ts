/**
 * For whom files are read. What a process of another user, or a file that another one publishes, names is read with the rights of that one:
 * else root would show it what it may not see itself. Whoever looks for a target says so once (`readAs`), and every function of this folder
 * that opens, lists or looks at something by its path asks here.
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

/** What fstat says of an open file, as far as it decides. */
type OpenStat = Parameters<typeof allows>[0] & { readonly dev: number; readonly ino: number };

const current = new AsyncLocalStorage<OtherCredentials | undefined>();

/** Does the work, and what it awaits, with the rights of somebody; `own` are those of this process, which the kernel knows. */
export function readAs<T>(who: Credentials, work: () => T): T {
  return current.run(who === 'own' || readsAsMuch(who) ? undefined : who, work);
}

/** The work, to be done later with the rights for which is read now. */
export function withThisReader<T>(work: () => T): () => T {
  const who = current.getStore();
  return () => current.run(who, work);
}

/** The uid by whose rights is read; undefined where they are those of this process itself. That of nobody in particular is -1. */
export function readerUid(): number | undefined {
  return current.getStore()?.uid;
}

/** A word for whose rights hold, for memories of what was read: what one may read is not another's. */
export function readerName(): string {
  const who = current.getStore();
  return who === undefined ? '' : nameOf(who);
}

const names = new WeakMap<OtherCredentials, string>();

/** As {@link readerName}, for somebody's rights. */
export function nameOf(who: Credentials): string {
  if (who === 'own') return '';
  const { uid, gids, overrides } = who;
  const name =
    names.get(who) ?? [uid, ...[...gids].sort(), ...(overrides ? [JSON.stringify(overrides)] : [])].join(' ');
  names.set(who, name);
  return name;
}

/**
 * Whether whoever is read for may read an open file: by its own bits, and those of the directories above, up to `below` (inside the root) where that one's
 * own is not asked. `real` is where it truly is: a file that is not to be found there, as one of another mount namespace, is nobody else's.
 */
export function mayReadOpen(real: string, stat: OpenStat, below = '/'): boolean {
  const who = current.getStore();
  if (who === undefined) return true;
  const [top, inside] = splitRoot(real);
  const there = lstatSync(real);
  const same = there !== undefined && there.dev === stat.dev && there.ino === stat.ino;
  return same && allows(stat, who, 'read') && maySearchAbove(top, inside, who, below);
}

/** Whether whoever is read for gets to what stands at a path, a file of the host or of a root. */
export function mayReach(file: string): boolean {
  return may(file, false);
}

/** Whether it may read it too, or the names of a directory. */
export function mayRead(file: string): boolean {
  return may(file, true);
}

/** Whether whoever is read for may make files in a directory, by its own bits; undefined where the kernel is to be asked, as for this process itself. */
export function mayFill(stat: Parameters<typeof allows>[0]): boolean | undefined {
  const who = current.getStore();
  return who === undefined ? undefined : allows(stat, who, 'fill');
}

/** Ids of whoever is read for, as this process sees them; undefined for this process itself, and where they are nobody's in particular. */
export function readerIds(): { readonly uid: number; readonly gids: readonly number[] } | undefined {
  const who = current.getStore();
  // Whoever is root in a user namespace may do more than its ids say.
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
