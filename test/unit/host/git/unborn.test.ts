/** A repository without commits, which differs from one with a missing revision. */
import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { readAtRevision } from '../../../../src/host/git/revision.ts';
import { scratch } from '../../store/scratch.ts';

it('an unborn HEAD is reported with its branch and the remedy, a missing revision or commit is not', async () => {
  const directory = await scratch();
  const git = (...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com', ...args], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory },
    });
  git('init', '-q', '-b', 'work/new');
  writeFileSync(path.join(directory, 'go.mod'), 'module example.com/app\n');
  const at = (revision: string) => readAtRevision({ directory, start: directory }, 'go.mod', revision);
  expect(at('HEAD')).toEqual({
    state: 'problem',
    why: 'its branch work/new has no commit yet',
    todo: 'commit once, and try again',
    unborn: true,
  });
  const missing = { state: 'problem', why: 'there is no such revision in this clone' };
  expect(at('main')).toEqual(missing);
  git('add', 'go.mod');
  git('commit', '-q', '-m', 'one');
  expect(at('HEAD')).toMatchObject({ state: 'read' });
  // A missing commit does not make the branch unborn.
  writeFileSync(path.join(directory, '.git/HEAD'), `${'ab'.repeat(20)}\n`);
  expect(at('HEAD')).toMatchObject({ state: 'problem' });
  expect(at('HEAD')).not.toHaveProperty('unborn');
});
