/** Tags of the checked-out commit, compared with the real git. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gitDirectoryAt, opened } from '../../../../src/host/git/repository.ts';
import { TooManyTags, taggedHead } from '../../../../src/host/git/tags.ts';
import { scratch } from '../../../lab/toolchains.ts';

function repository(format = 'sha1') {
  const top = scratch('tags');
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: top,
      env: { HOME: top, PATH: '/usr/bin:/bin', GIT_CONFIG_NOSYSTEM: '1' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  git('init', '-q', '-b', 'main', `--object-format=${format}`);
  const commit = () => git('commit', '-q', '--allow-empty', '-m', 'one');
  const read = (wants: (tag: string) => boolean = () => true, at = top) => {
    const head = taggedHead(opened(at, gitDirectoryAt(at) as string));
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

describe('tags of the checked-out commit', () => {
  it('match git’s for lightweight and annotated tags, in folders, packed, moved, and of other tags', () => {
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
    // A loose ref takes precedence over the packed line.
    git('tag', '-f', 'moved');
    git('tag', '-a', '-m', 'm', 'v1.1.0');
    expect(read()).toEqual(asGit());
    git('checkout', '-q', 'v1.0.0');
    expect(read()).toEqual(asGit());
    expect(read((tag) => tag.startsWith('v'))?.tags).toEqual(['v1.0.0', 'v1.0.1']);
  });

  it('are found in a SHA-256 repository, a linked worktree, a submodule and a shallow clone', () => {
    const { top, git, commit, read, asGit } = repository('sha256');
    commit();
    git('tag', 'v1.0.0');
    git('tag', '-a', '-m', 'm', 'v1.0.1');
    expect(read()).toEqual(asGit());
    git('pack-refs', '--all');
    expect(read()).toEqual(asGit());
    const one = asGit();
    const linked = `${top}-linked`;
    git('worktree', 'add', '-q', linked, 'v1.0.1');
    commit();
    expect(read(undefined, linked)).toEqual(one);
    expect(read()?.tags).toEqual([]);
    const shallow = `${top}-shallow`;
    git('clone', '-q', '--depth', '1', '--branch', 'v1.0.1', `file://${top}`, shallow);
    expect(read(undefined, shallow)).toEqual(one);
    const outer = `${top}-outer`;
    const inOuter = (...args: string[]) => git('-C', outer, '-c', 'protocol.file.allow=always', ...args);
    git('init', '-q', '--object-format=sha256', outer);
    inOuter('submodule', '--quiet', 'add', `file://${top}`, 'sub');
    git('-C', join(outer, 'sub'), 'checkout', '-q', 'v1.0.1');
    expect(read(undefined, join(outer, 'sub'))).toEqual(one);
    for (const folder of [linked, shallow, outer]) rmSync(folder, { recursive: true });
  });

  it('are found if HEAD is a symlink to its branch; a FIFO, or a symlink that leads out, is no HEAD', () => {
    const { top, git, commit, read, asGit } = repository();
    commit();
    git('tag', 'v1.0.0');
    const head = join(top, '.git/HEAD');
    rmSync(head);
    symlinkSync('refs/heads/main', head);
    expect(read()).toEqual(asGit());
    git('pack-refs', '--all');
    expect(read()?.tags).toEqual(['v1.0.0']);
    expect(read()).toEqual(asGit());
    rmSync(head);
    execFileSync('mkfifo', [head]);
    expect(read()).toBeUndefined();
    rmSync(head);
    symlinkSync('refs/heads/../../../elsewhere', head);
    writeFileSync(join(top, 'elsewhere'), git('-C', '/', 'hash-object', '--stdin', '-t', 'blob'));
    expect(read()).toBeUndefined();
  });

  it('are found in packed refs without peeled lines, or in any order', () => {
    const { top, git, commit, read, asGit } = repository();
    commit();
    git('tag', 'v1.0.0');
    git('tag', '-a', '-m', 'm', 'v1.0.1');
    git('tag', '-a', '-m', 'm', 'of-a-tag', 'v1.0.1');
    git('branch', 'v1.0.9');
    git('pack-refs', '--all');
    const file = join(top, '.git/packed-refs');
    const lines = readFileSync(file, 'utf8').split('\n').filter(Boolean);
    expect(lines.filter((line) => line.startsWith('^'))).toHaveLength(2);
    expect(read()).toEqual(asGit());
    const plain = lines.filter((line) => !/^[#^]/.test(line));
    writeFileSync(file, `${plain.join('\n')}\n`);
    expect(read()).toEqual(asGit());
    expect(read()?.tags).toEqual(['of-a-tag', 'v1.0.0', 'v1.0.1']);
    // With the decisive line at the very beginning.
    writeFileSync(file, `${plain.toReversed().join('\n')}\n`);
    expect(read()).toEqual(asGit());
  });

  it('fail with TooManyTags beyond a limit: for 100,000 tags of the commit, or 10,000 loose ones', () => {
    const { top, git, commit, read } = repository();
    commit();
    git('tag', 'other');
    commit();
    const [head, before] = [git('rev-parse', 'HEAD'), git('rev-parse', 'HEAD~')];
    const file = join(top, '.git/packed-refs');
    const packed = (count: number, object: string) =>
      writeFileSync(
        file,
        `# pack-refs with: peeled fully-peeled sorted \n${Array.from({ length: count }, (_, index) => `${object} refs/tags/v1.0.${String(index).padStart(6, '0')}\n`).join('')}`,
      );
    packed(100_000, head);
    // Each considered tag is asked for: the work stops at tag 501.
    let asked = 0;
    const counting = () => {
      asked++;
      return true;
    };
    expect(() => read(counting)).toThrow(TooManyTags);
    expect(asked).toBeLessThan(600);
    packed(500, head);
    expect(read()?.tags).toHaveLength(500);
    // Tags of other commits are not considered.
    packed(100_000, before);
    git('tag', 'v2.0.0');
    asked = 0;
    expect(read(counting)?.tags).toEqual(['v2.0.0']);
    expect(asked).toBeLessThan(10);
    rmSync(file);
    const many = join(top, '.git/refs/tags/many');
    mkdirSync(many);
    for (let index = 0; index < 10_000; index++) writeFileSync(join(many, `${index}`), '');
    expect(() => read(() => false)).toThrow(TooManyTags);
  });

  it('fail with the reason if an object is missing', () => {
    const { top, git, commit, read } = repository();
    commit();
    git('tag', '-a', '-m', 'm', 'v1.0.0');
    const tag = git('rev-parse', 'refs/tags/v1.0.0');
    rmSync(join(top, '.git/objects', tag.slice(0, 2), tag.slice(2)));
    expect(() => read()).toThrow(/is not in this clone/);
    expect(read(() => false)?.tags).toEqual([]);
  });

  it('are read past a packed-refs line of megabytes that names tags but no object', () => {
    const { top, git, commit, read, asGit } = repository();
    commit();
    git('tag', 'v1.0.0');
    git('pack-refs', '--all');
    const expected = asGit();
    appendFileSync(join(top, '.git/packed-refs'), ' refs/tags/'.repeat(1_000_000));
    expect(read()).toEqual(expected);
  });
});
