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
import { splitRoot } from './root.ts';

const current = new AsyncLocalStorage<OtherCredentials | undefined>();

/** Does the work, and what it awaits, with the rights of somebody; `own` are those of this process, which the kernel knows. */
export function readAs<T>(who: Credentials, work: () => T): T {
  return current.run(who === 'own' || readsAsMuch(who) ? undefined : who, work);
}

/** A word for whose rights hold, for memories of what was read: what one may read is not another's. */
export function readerName(): string {
  const who = current.getStore();
  return who === undefined ? '' : [who.uid, ...[...who.gids].sort()].join(' ');
}

/** Whether whoever is read for may read an open file: by its own bits, and those of the directories above. `real` is where it truly is. */
export function mayReadOpen(real: string, stat: Parameters<typeof allows>[0]): boolean {
  const who = current.getStore();
  if (who === undefined) return true;
  const [top, inside] = splitRoot(real);
  return allows(stat, who, 'read') && maySearchAbove(top, inside, who);
}

/** Whether whoever is read for gets to what stands at a path, a file of the host or of a root. */
export function mayReach(file: string): boolean {
  return may(file, false);
}

/** Whether it may read it too, or the names of a directory. */
export function mayRead(file: string): boolean {
  return may(file, true);
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
