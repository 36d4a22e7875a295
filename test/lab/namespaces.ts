// Mount namespaces for tests: mounts that only one process and its children see.
import { spawnSync } from 'node:child_process';
import os from 'node:os';

/** The command prefix that gives a program its own mount namespace here, or what is missing for that. */
export const mounts: { readonly unshare: readonly string[] } | { readonly missing: string } = find();

function find(): typeof mounts {
  for (const options of [['-m'], ['-r', '-m']]) {
    if (spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'tmpfs', os.tmpdir()]).status === 0)
      return { unshare: ['unshare', ...options] };
  }
  return { missing: 'unshare(1) with the right to mount (root, or user namespaces)' };
}

/** A suffix for the titles of tests that need mount namespaces; empty if they are available. */
export const missingMounts = 'missing' in mounts ? ` [skipped, missing: ${mounts.missing}]` : '';
