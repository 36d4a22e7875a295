/** Files that differ from the commit of a given time, compared with a real git. */
import { existsSync, rmSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { changedFiles } from '../../../../src/host/git/changed.ts';
import { eventually } from '../../../lab/eventually.ts';
import { scratch } from '../../../lab/toolchains.ts';

/** Makes a repository whose commits are dated in seconds since the epoch. */
async function repository() {
  const top = scratch('changed');
  const git = (args: readonly string[], seconds = 1_700_000_000) =>
    execa('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: top,
      env: {
        GIT_AUTHOR_DATE: `${seconds} +0000`,
        GIT_COMMITTER_DATE: `${seconds} +0000`,
        GIT_CONFIG_GLOBAL: '/dev/null',
      },
    });
  await git(['init', '-q', '.']);
  for (const name of ['a.go', 'b.go', 'c.go']) writeFileSync(join(top, name), `package ${name[0]}\n`);
  await git(['add', '.']);
  await git(['commit', '-qm', 'one']);
  return { top, git };
}

/**
 * Waits until the kernel’s clock has moved on, so that later changes get a later time however coarse the
 * clock is.
 */
function kernelTime(top: string): Promise<number> {
  const probe = join(top, '.git/probe');
  const touched = () => {
    writeFileSync(probe, '');
    return statSync(probe).ctimeMs;
  };
  const first = touched();
  return eventually('a later time of change', async () => {
    const now = touched();
    return now > first && now;
  });
}

const namesOf = async (top: string, since?: number) => {
  const found = await changedFiles({ directory: top, start: top }, since);
  if (found.state !== 'read') throw new Error(found.why);
  return found.files
    .map(({ name, committed, isThere }) => `${committed === undefined ? '+' : isThere ? 'M' : '-'} ${name}`)
    .sort();
};

describe('files that differ from a commit', () => {
  it('are those edited, deleted, replaced or added since, and not older untracked files', async () => {
    const { top } = await repository();
    writeFileSync(join(top, 'old.go'), '');
    const since = await kernelTime(top);
    await kernelTime(top);
    writeFileSync(join(top, 'a.go'), 'package other\n');
    // Touched, but unchanged.
    utimesSync(join(top, 'b.go'), 1, 1);
    rmSync(join(top, 'c.go'));
    symlinkSync('/etc/passwd', join(top, 'new.go'));
    expect(await namesOf(top, since)).toEqual(['+ new.go', '- c.go', 'M a.go']);
    // Without a time, it is unknown which untracked files are new.
    expect(await namesOf(top)).toEqual(['- c.go', 'M a.go']);
  });

  it('are compared with the commit of that time, even after later commits', async () => {
    const { top, git } = await repository();
    writeFileSync(join(top, 'a.go'), 'package broken\n');
    await git(['commit', '-qam', 'two'], 1_800_000_000);
    const then = 1_750_000_000_000;
    const found = await changedFiles({ directory: top, start: top }, then);
    expect(found).toMatchObject({
      state: 'read',
      files: [{ name: 'a.go', committed: { bytes: Buffer.from('package a\n') } }],
    });
    expect(await namesOf(top)).toEqual([]);
  });

  it('are reported as a problem if the repository is unreadable', async () => {
    const { top } = await repository();
    writeFileSync(join(top, '.git/HEAD'), 'garbage\n');
    rmSync(join(top, '.git/logs'), { recursive: true });
    expect(await changedFiles({ directory: top, start: top }, 1)).toMatchObject({ state: 'problem' });
    expect(existsSync(join(top, '.git'))).toBe(true);
  });
});
