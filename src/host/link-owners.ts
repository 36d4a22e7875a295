/**
 * Whose links lead to a file. A link costs nothing and needs no right to what it names: whoever may write to a directory can have another's private file
 * read by a process that may read it, and words of it shown. So a link leads only to what its owner may read as well, in another root too; those of root and
 * of this process's own user lead anywhere.
 */
import path from 'node:path';
import { realpathSync } from './counted-fs.ts';
import { credentialsOfUser } from './credentials.ts';
import { isKernelDirectory } from './kernel-files.ts';
import { ownUid } from './machine.ts';
import { rightsElsewhere } from './path-owner.ts';
import { mayRead, readAs } from './reader.ts';
import { isRooted, lstatSync, readlinkSync, rooted, splitRoot } from './root.ts';

/** As the kernel's limit of links on one path. */
const linkLimit = 40;
/** What Linux adds to the name of an open file that was removed or replaced (proc_pid_fd(5)). */
const deleted = / \(deleted\)$/;

/**
 * Where a path leads, and the owners of the links on it but root and this process's user. Links of the kernel are not followed, for they lead where their
 * text does not say (proc_pid_root(5)): `end` is no file's real path then. Throws the system's error.
 */
function followed(named: string): {
  readonly end: string;
  readonly ofKernel: boolean;
  readonly owners: ReadonlySet<number>;
} {
  const owners = new Set<number>();
  let ofKernel = false;
  const [top, inside] = splitRoot(named);
  const pending = inside.split('/').filter(Boolean);
  let here = '/';
  let links = 0;
  for (let name = pending.shift(); name !== undefined; name = pending.shift()) {
    const next = path.join(here, name);
    const stat = lstatSync(rooted(top, next));
    const isLink = stat?.isSymbolicLink() === true;
    if (isLink && isKernelDirectory(rooted(top, here))) ofKernel = true;
    else if (isLink) {
      if (++links > linkLimit) return { end: '', ofKernel, owners };
      if (stat.uid !== 0 && stat.uid !== ownUid) owners.add(stat.uid);
      const target = readlinkSync(rooted(top, next));
      if (target.startsWith('/')) here = '/';
      pending.unshift(...target.split('/').filter(Boolean));
      continue;
    }
    here = next;
  }
  return { end: rooted(top, here), ofKernel, owners };
}

/** Whether each of these users may read what is asked for. */
function allMay(owners: ReadonlySet<number>, mayRead: () => boolean): boolean {
  return [...owners].every((uid) => readAs(rightsElsewhere(credentialsOfUser(uid)), mayRead));
}

/**
 * Whether every link that leads from `file` to `real`, where an open file truly is, belongs to somebody who may read it (`mayRead`, asked with the rights of
 * each). False as well where the links were exchanged meanwhile.
 */
export function linksLeadRightly(file: string, real: string, mayRead: () => boolean): boolean {
  // In another root no link is followed by whoever opens: the path was resolved before (files.ts), and asked for here.
  if (real === file || isRooted(file)) return true;
  const { end, ofKernel, owners } = followed(file);
  if (ofKernel && owners.size === 0) return true;
  if (end !== real.replace(deleted, '')) return false;
  return allMay(owners, mayRead);
}

/** {@link linksLeadRightly} by the path alone, for a directory whose names are wanted and for what is resolved before it is opened. */
export function mayFollow(file: string): boolean {
  if (!path.isAbsolute(file)) return true;
  try {
    // One call of the system for the many that no link leads to.
    if (!isRooted(file) && realpathSync.native(file) === file) return true;
    const { end, owners } = followed(file);
    return allMay(owners, () => mayRead(end));
  } catch {
    return true; // not there: who reads it is told so
  }
}
