import { describe, expect, it } from 'vitest';
import type { StampingProblem } from '../../../../src/drift/model.ts';
import { found, worldOf } from './world.ts';

describe('vcs-stamping', () => {
  const told = (stamping: StampingProblem, process: Readonly<Record<string, string>> = {}) =>
    found('vcs-stamping', { process, env: { ...worldOf({ process }).env, stamping } });

  it('names both users, and trusts nobody by itself', () => {
    const [finding] = told({
      why: 'owner',
      directory: '/src/my app',
      owned: '/src/my app',
      owner: 4242,
      uid: 0,
    });
    expect(finding).toMatchObject({
      level: 'major',
      key: 'env.GOFLAGS',
      origin: { kind: 'file', path: '/src/my app/.git' },
      summary: expect.stringContaining('belongs to uid 4242, while uid 0 builds'),
      repair: expect.stringContaining("git config --global --add safe.directory '/src/my app'"),
    });
    expect(finding).not.toHaveProperty('fix');
  });

  it('takes the flag back where git is wanted and is not there', () => {
    const process = { GOFLAGS: '-buildvcs=true' };
    expect(told({ why: 'no-git', directory: '/src' }, process)).toMatchObject([
      { origin: { kind: 'process' }, repair: 'install git, or unset GOFLAGS' },
    ]);
  });

  it('names a .git that is no repository, and is silent without a problem', () => {
    expect(told({ why: 'no-repository', directory: '/src' })).toMatchObject([
      { repair: 'remove /src/.git, or build with GOFLAGS=-buildvcs=false' },
    ]);
    expect(found('vcs-stamping', {})).toEqual([]);
  });
});
