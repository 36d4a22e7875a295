// Mounts of a test's own, seen by one process and what it starts.
import { spawnSync } from 'node:child_process';
import os from 'node:os';

/** How a program gets a mount namespace of its own here (the words before it), or why it cannot. */
export const mounts: { readonly unshare: readonly string[] } | { readonly missing: string } = find();

function find(): typeof mounts {
  for (const options of [['-m'], ['-r', '-m']]) {
    if (spawnSync('unshare', [...options, 'mount', '-t', 'tmpfs', 'tmpfs', os.tmpdir()]).status === 0)
      return { unshare: ['unshare', ...options] };
  }
  return { missing: 'unshare(1) with the right to mount (root, or user namespaces)' };
}

/** The end of the title of a test that needs them: empty where they can be had. */
export const missingMounts = 'missing' in mounts ? ` [skipped, missing: ${mounts.missing}]` : '';
