import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { cacheUsers } from '../../../src/host/cache-users.ts';
import { onPath, scratch } from '../../lab/toolchains.ts';

it.skipIf(process.platform !== 'linux')(
  'a process that ended during the search is not reported as one that cannot be inspected',
  async () => {
    const directory = scratch('cache-users');
    const compile = join(directory, 'compile');
    copyFileSync((await onPath('true')) as string, compile);
    // Each process lives only a millisecond or two, like many compilers of a build.
    const build = execa('sh', ['-c', 'for i in $(seq 1000); do "$0"; done', compile]);
    let hasEnded = false;
    const ended = build.finally(() => {
      hasEnded = true;
    });
    const seen = new Set<string>();
    while (!hasEnded) {
      for (const { by, program } of cacheUsers(directory, [join(directory, 'cache')]))
        if (program === compile) seen.add(by);
      await setImmediate();
    }
    await ended;
    expect(seen).not.toContain('unseen');
  },
);
