/**
 * Checks the owners of the symlinks on a path. A symlink needs no permission on its target: anybody who may
 * write to a directory could link to another user's private file, have a privileged process read it, and see
 * words of it in the output. So a link is followed only to files that its owner may read too, in other roots
 * as well. Links of root and of this process's own user lead anywhere.
 */
import path from 'node:path';
import { realpathSync } from './counted-fs.ts';
import { credentialsOfUser } from './credentials.ts';
import { isKernelDirectory } from './kernel-files.ts';
import { ownUid } from './machine.ts';
import { rightsElsewhere } from './path-owner.ts';
import { mayRead, readAs } from './reader.ts';
import { isRooted, lstatSync, readlinkSync, rooted, splitRoot } from './root.ts';

/** The kernel's limit of symlinks on one path. */
const linkLimit = 40;
/** Suffix that Linux adds to the name of an open file that was removed or replaced (proc_pid_fd(5)). */
const deleted = / \(deleted\)$/;

/**
 * Resolves a path and collects the owners of the symlinks on it, except root and this process's user. Magic
 * links of /proc are not followed, because they lead elsewhere than their text (proc_pid_root(5)): `ofKernel`
 * is set, and `end` is no real path then. Throws the system's error.
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

/** Reports whether each of these users may read the file. */
function allMay(owners: ReadonlySet<number>, mayRead: () => boolean): boolean {
  return [...owners].every((uid) => readAs(rightsElsewhere(credentialsOfUser(uid)), mayRead));
}

/**
 * Reports whether every symlink from `file` to `real`, the real path of an open file, belongs to a user who
 * may read the file; `mayRead` is called with the permissions of each. False if the links were exchanged
 * meanwhile.
 */
export function linksLeadRightly(file: string, real: string, mayRead: () => boolean): boolean {
  // In another root opening follows no link: files.ts resolved the path and checked its links before.
  if (real === file || isRooted(file)) return true;
  const { end, ofKernel, owners } = followed(file);
  if (ofKernel && owners.size === 0) return true;
  if (end !== real.replace(deleted, '')) return false;
  return allMay(owners, mayRead);
}

/**
 * {@link linksLeadRightly} by path alone, for directories to be listed and for paths resolved before they are
 * opened.
 */
export function mayFollow(file: string): boolean {
  if (!path.isAbsolute(file)) return true;
  try {
    // The common case, a path without links, costs one system call.
    if (!isRooted(file) && realpathSync.native(file) === file) return true;
    const { end, owners } = followed(file);
    return allMay(owners, () => mayRead(end));
  } catch {
    return true; // missing: reading it reports that
  }
}
