import { describe, expect, it } from 'vitest';
import type { StampingProblem } from '../../../../src/drift/model.ts';
import { found, worldOf } from './world.ts';

describe('vcs-stamping', () => {
  const findingsFor = (stamping: StampingProblem, process: Readonly<Record<string, string>> = {}) =>
    found('vcs-stamping', { process, env: { ...worldOf({ process }).env, stamping } });

  it('names both users, and offers no automatic fix', () => {
    const [finding] = findingsFor({
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

  it('suggests unsetting GOFLAGS if it requires git and git is missing', () => {
    const process = { GOFLAGS: '-buildvcs=true' };
    expect(findingsFor({ why: 'no-git', directory: '/src' }, process)).toMatchObject([
      { origin: { kind: 'process' }, repair: 'install git, or unset GOFLAGS' },
    ]);
  });

  it('names a safe.directory that needs a newer git', () => {
    const owner = { why: 'owner', directory: '/x/app', owned: '/x/app', owner: 4242, uid: 0 } as const;
    expect(findingsFor({ ...owner, ignored: '/x/*', git: '2.39.5' })).toMatchObject([
      {
        summary: expect.stringContaining(
          'safe.directory = /x/* covers it only for git 2.45.3 and newer, while this one is 2.39.5',
        ),
      },
    ]);
  });

  it('names the git version that reads the repository format, and the line of git config that no git can parse', () => {
    const file = '/src/.git/config';
    const format = { why: 'format', directory: '/src', file, what: 'extensions.x', git: '2.39.5' } as const;
    expect(findingsFor({ ...format, since: '2.48' })).toMatchObject([
      { repair: 'take git 2.48 or newer, or build with GOFLAGS=-buildvcs=false', origin: { path: file } },
    ]);
    expect(findingsFor({ why: 'config', directory: '/src', file, line: 7 })).toMatchObject([
      { origin: { kind: 'file', path: file, line: 7 } },
    ]);
  });

  it('suggests moving the repository that is not git, even at the root', () => {
    const git = { system: 'git', at: '/src', mark: '.git' };
    const svn = { system: 'svn', at: '/', mark: '.svn' };
    const out = 'out of the way where it is a leftover, or build with GOFLAGS=-buildvcs=false';
    const several = { why: 'several', directory: '/src' } as const;
    expect(findingsFor({ ...several, first: git, second: svn })).toMatchObject([
      { repair: `move /.svn ${out}` },
    ]);
    expect(findingsFor({ ...several, first: svn, second: git })).toMatchObject([
      { repair: `move /.svn ${out}` },
    ]);
  });

  it('reports a .git that is no repository, and is silent without a problem', () => {
    expect(findingsFor({ why: 'no-repository', directory: '/src' })).toMatchObject([
      { repair: 'remove /src/.git, or build with GOFLAGS=-buildvcs=false' },
    ]);
    expect(found('vcs-stamping', {})).toEqual([]);
  });
});
