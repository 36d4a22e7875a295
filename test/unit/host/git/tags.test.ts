/** Tags of what is checked out, beside what the real git says of it. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { opened } from '../../../../src/host/git/repository.ts';
import { taggedHead } from '../../../../src/host/git/tags.ts';
import { scratch } from '../../../lab/toolchains.ts';

function repository() {
  const top = scratch('tags');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: top,
      env: { HOME: top, PATH: '/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('init', '-q', '-b', 'main');
  const commit = () => git('commit', '-q', '--allow-empty', '-m', 'one');
  const read = (wants: (tag: string) => boolean = () => true) => {
    const head = taggedHead(opened(top, join(top, '.git')));
    return head === undefined ? undefined : { commit: head.commit, tags: [...head.tags(wants)].sort() };
  };
  const asGit = () => ({
    commit: git('rev-parse', 'HEAD'),
    tags: git('tag')
      .split('\n')
      .filter((tag) => tag !== '' && git('rev-parse', `${tag}^{commit}`) === git('rev-parse', 'HEAD'))
      .sort(),
  });
  return { top, git, commit, read, asGit };
}

describe('tags of what is checked out', () => {
  it('are those that git says, light or with a message, of folders, packed, moved since and of other tags', () => {
    const { git, commit, read, asGit } = repository();
    expect(read()).toBeUndefined();
    commit();
    expect(read()).toEqual(asGit());
    for (const name of ['v1.0.0', 'sub/dir/v2.0.0', 'moved']) git('tag', name);
    git('tag', '-a', '-m', 'm', 'v1.0.1');
    git('tag', '-a', '-m', 'm', 'of-a-tag', 'v1.0.1');
    expect(read()?.tags).toHaveLength(5);
    expect(read()).toEqual(asGit());
    git('pack-refs', '--all');
    expect(read()).toEqual(asGit());
    git('gc', '-q');
    commit();
    expect(read()).toEqual({ commit: git('rev-parse', 'HEAD'), tags: [] });
    // A file of its own counts before the packed line.
    git('tag', '-f', 'moved');
    git('tag', '-a', '-m', 'm', 'v1.1.0');
    expect(read()).toEqual(asGit());
    git('checkout', '-q', 'v1.0.0');
    expect(read()).toEqual(asGit());
    expect(read((tag) => tag.startsWith('v'))?.tags).toEqual(['v1.0.0', 'v1.0.1']);
  });

  it('say why where an object is gone', () => {
    const { top, git, commit, read } = repository();
    commit();
    git('tag', '-a', '-m', 'm', 'v1.0.0');
    const tag = git('rev-parse', 'refs/tags/v1.0.0');
    rmSync(join(top, '.git/objects', tag.slice(0, 2), tag.slice(2)));
    expect(() => read()).toThrow(/is not in this clone/);
    expect(read(() => false)?.tags).toEqual([]);
  });

  it('are read past a line of packed refs of megabytes that names tags and no object', () => {
    const { top, git, commit, read, asGit } = repository();
    commit();
    git('tag', 'v1.0.0');
    git('pack-refs', '--all');
    const expected = asGit();
    appendFileSync(join(top, '.git/packed-refs'), ' refs/tags/'.repeat(1_000_000));
    expect(read()).toEqual(expected);
  });
});
