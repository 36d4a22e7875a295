/** Whether git wrote a file, with a real git that did or did not. */
import { mkdirSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it, onTestFinished } from 'vitest';
import { headMoves } from '../../../../src/host/git/reflog.ts';
import { gitWrites, moveThatGave } from '../../../../src/host/git/wrote.ts';
import { replaceFile } from '../../../lab/replace-file.ts';
import { scratch } from '../../../lab/toolchains.ts';

const start = 1_700_000_000;
const from = (start + 100) * 1000;
const to = from + 10_000;
const [older, newer] = ['module a\n\ngo 1.21\n', 'module a\n\ngo 1.22\n'];

/** Returns git’s write of a single file, if any. */
const gitWriteOf = (file: string, since: number, until: number) =>
  gitWrites({ from: since, to: until })(file, { from: since, to: until });

/**
 * Makes a repository in which `main` has the older go.mod and `next`, which is checked out, the newer one.
 * Commands are dated in seconds since the epoch.
 */
async function repository(format = 'sha1') {
  const top = scratch('wrote');
  const file = join(top, 'go.mod');
  const git = async (args: readonly string[], seconds = start) => {
    const { stdout } = await execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: top,
      env: {
        GIT_AUTHOR_DATE: `${seconds} +0000`,
        GIT_COMMITTER_DATE: `${seconds} +0000`,
        GIT_CONFIG_GLOBAL: '/dev/null',
      },
    });
    return stdout;
  };
  await git(['init', '-q', '-b', 'main', `--object-format=${format}`, '.']);
  writeFileSync(file, older);
  await git(['add', '.']);
  await git(['commit', '-qm', 'one']);
  await git(['checkout', '-q', '-b', 'next']);
  writeFileSync(file, newer);
  await git(['commit', '-qam', 'two']);
  return { top, file, git };
}

describe('git is the writer', () => {
  it.each(['sha1', 'sha256'])('of a file whose content a checkout changed (%s)', async (format) => {
    const { file, git } = await repository(format);
    await git(['checkout', '-q', 'main'], start + 101);
    const commit = await git(['rev-parse', 'main']);
    expect(gitWriteOf(file, from, to)).toEqual({ command: 'checkout', at: from + 1000, commit });
  });

  it('by the command in HEAD’s log, with nothing else from that line', async () => {
    const { top, file, git } = await repository();
    await git(['checkout', '-q', 'main'], start + 50);
    // For a remote given by URL, the log contains the whole URL.
    await git(['pull', '-q', '--ff-only', `file://${top}`, 'next'], start + 101);
    expect(readFileSync(join(top, '.git/logs/HEAD'), 'utf8')).toContain(`pull -q --ff-only file://${top}`);
    const found = gitWriteOf(file, from, to);
    expect(found).toMatchObject({ command: 'pull' });
    expect(JSON.stringify(found)).not.toContain(top);
    await git(['reset', '-q', '--hard', 'HEAD~'], start + 102);
    expect(gitWriteOf(file, from, to)).toMatchObject({ command: 'reset', at: from + 2000 });
    await git(['merge', '-q', 'next'], start + 103);
    expect(gitWriteOf(file, from, to)).toMatchObject({ command: 'merge' });
  });

  it('even if later moves left the file alone', async () => {
    const { top, file, git } = await repository();
    await git(['checkout', '-q', 'main'], start + 101);
    writeFileSync(join(top, 'other.go'), 'package a\n');
    await git(['add', '.']);
    await git(['commit', '-qm', 'three'], start + 102);
    expect(gitWriteOf(file, from, to)).toMatchObject({ command: 'checkout', at: from + 1000 });
  });
});

describe('the nearest repository is used', () => {
  it('for a linked worktree, with the log of its own HEAD', async () => {
    const { top, file, git } = await repository();
    const linked = `${top}-linked`;
    onTestFinished(() => rmSync(linked, { recursive: true }));
    await git(['worktree', 'add', '-q', '--detach', linked, 'next'], start + 50);
    await git(['-C', linked, 'checkout', '-q', 'main'], start + 101);
    expect(gitWriteOf(join(linked, 'go.mod'), from, to)).toMatchObject({
      command: 'checkout',
      at: from + 1000,
    });
    expect(gitWriteOf(file, from, to)).toBeUndefined();
  });

  it('for a submodule, also behind a symlink', async () => {
    const inner = await repository();
    const { top, git } = await repository();
    const allow = ['-c', 'protocol.file.allow=always'];
    await git([...allow, 'submodule', '--quiet', 'add', `file://${inner.top}`, 'sub'], start + 50);
    await git(['-C', 'sub', 'checkout', '-q', 'next'], start + 60);
    await git(['-C', 'sub', 'checkout', '-q', 'origin/main'], start + 101);
    const said = { command: 'checkout', at: from + 1000 };
    expect(gitWriteOf(join(top, 'sub/go.mod'), from, to)).toMatchObject(said);
    symlinkSync('sub', join(top, 'link'));
    expect(gitWriteOf(join(top, 'link/go.mod'), from, to)).toMatchObject(said);
  });
});

describe('git is not reported as the writer', () => {
  it('of a file that was edited after a checkout, or committed unchanged', async () => {
    const { file, git } = await repository();
    await git(['checkout', '-q', 'main'], start + 101);
    writeFileSync(file, 'module a\n\ngo 1.23\n');
    expect(gitWriteOf(file, from, to)).toBeUndefined();
    await git(['commit', '-qam', 'by hand'], start + 102);
    expect(gitWriteOf(file, from, to)).toBeUndefined();
  });

  it('if HEAD moved at another time', async () => {
    const { file, git } = await repository();
    await git(['checkout', '-q', 'main'], start + 98);
    expect(gitWriteOf(file, from, to)).toBeUndefined();
    expect(gitWriteOf(file, from - 10_000, to - 10_000)).toBeDefined();
    expect(gitWriteOf(file, from - 100_000, from - 50_000)).toBeUndefined();
  });

  it('if both commits have the same content', async () => {
    const { file, git } = await repository();
    await git(['branch', 'same']);
    await git(['checkout', '-q', 'same'], start + 101);
    expect(gitWriteOf(file, from, to)).toBeUndefined();
  });

  it('while git is at work, in a damaged repository, and outside of any repository', async () => {
    const { top, file, git } = await repository();
    await git(['checkout', '-q', 'main'], start + 101);
    writeFileSync(join(top, '.git/index.lock'), '');
    expect(gitWriteOf(file, from, to)).toBeUndefined();
    rmSync(join(top, '.git/index.lock'));
    for (const folder of readdirSync(join(top, '.git/objects')).filter((name) => name.length === 2))
      for (const name of readdirSync(join(top, '.git/objects', folder)))
        replaceFile(join(top, '.git/objects', folder, name), 'no object');
    expect(gitWriteOf(file, from, to)).toBeUndefined();
    const elsewhere = scratch('wrote-elsewhere');
    mkdirSync(join(elsewhere, 'a'));
    writeFileSync(join(elsewhere, 'a/go.mod'), older);
    expect(gitWriteOf(join(elsewhere, 'a/go.mod'), from, to)).toBeUndefined();
  });
});

describe('for many files', () => {
  it('HEAD’s log is read once per repository, and each file is judged in its own time window', async () => {
    const { top, file, git } = await repository();
    const names = Array.from({ length: 20 }, (_, index) => join(top, `f${index}`));
    for (const name of names) writeFileSync(name, 'new\n');
    await git(['add', '.']);
    await git(['commit', '-qm', 'three'], start + 20);
    for (const name of names) writeFileSync(name, `older ${name}\n`);
    await git(['commit', '-qam', 'four'], start + 30);
    await git(['reset', '-q', '--hard', 'HEAD~'], start + 101);
    await git(['checkout', '-q', 'main'], start + 105);
    await git(['checkout', '-q', 'next~1'], start + 106);
    const reads: string[] = [];
    const of = gitWrites({ from, to }, (repository, ...window) => {
      reads.push(repository.own);
      return headMoves(repository, ...window);
    });
    for (const name of names) expect(of(name, { from, to })).toBeUndefined();
    expect(of(file, { from, to })).toMatchObject({ command: 'checkout', at: from + 6000 });
    await git(['checkout', '-q', 'next'], start + 107);
    expect(of(names[0] as string, { from, to: from + 2000 })).toMatchObject({
      command: 'reset',
      at: from + 1000,
    });
    expect(reads).toEqual([join(top, '.git')]);
  });

  it('the newest move that changed the file’s content decides', () => {
    const moves = ['commit', 'checkout', 'merge'].map((word, index) => ({
      was: `${index}`.repeat(40).replace(/0/g, 'a'),
      is: `${index + 1}`.repeat(40),
      at: index * 1000,
      word,
    }));
    const holds =
      (...contents: string[]) =>
      (commit: string) =>
        contents['a123'.indexOf(commit[0] as string)];
    expect(moveThatGave(moves, 'now', holds('x', 'y', 'now', 'now'))).toMatchObject({
      command: 'checkout',
      at: 1000,
    });
    expect(moveThatGave(moves, 'now', holds('x', 'y', 'y', 'now'))).toMatchObject({ command: 'merge' });
    expect(moveThatGave(moves, 'now', holds('x', 'now', 'now', 'now'))).toBeUndefined();
    expect(moveThatGave(moves, 'now', holds('x', 'y', 'now', 'z'))).toBeUndefined();
    expect(moveThatGave([], 'now', () => 'now')).toBeUndefined();
  });
});
