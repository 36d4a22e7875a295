/** Names that are no UTF-8, which Node changes: no command looks elsewhere, and says that all is well there. */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { makeWorld, patienceMs, program } from '../lab/godrift.ts';

const bare = process.platform === 'linux' ? test : test.skip;

bare('a workspace of such a name is refused, where one stands in it and where it is named', () => {
  const world = makeWorld(undefined);
  const run = (script: string) =>
    spawnSync('/bin/sh', ['-c', script, 'sh', process.execPath, program], {
      cwd: world.workspace,
      env: world.env,
      encoding: 'utf8',
      timeout: patienceMs,
    });
  const name = '"$(printf \'n\\377x\')"';
  execFileSync('/bin/sh', ['-c', `mkdir ${name} && cp go.mod ${name}`], { cwd: world.workspace });
  expect(run(`cd ${name} && exec "$1" "$2" check`)).toMatchObject({
    status: 2,
    stdout: '',
    stderr: 'godrift: cannot tell the working directory: its name is not valid UTF-8; rename it\n',
  });
  for (const words of [`check ${name}`, `check --state-directory ${name}`])
    expect(run(`exec "$1" "$2" ${words}`)).toMatchObject({
      status: 2,
      stdout: '',
      stderr: 'godrift: cannot use n\ufffdx: it is not valid UTF-8; rename the file\n',
    });
  // That letter itself is a name as any other.
  execFileSync('/bin/sh', ['-c', 'mkdir n\ufffdx'], { cwd: world.workspace });
  expect(run('cd n\ufffdx && exec "$1" "$2" version')).toMatchObject({ status: 0 });
  expect(run('exec "$1" "$2" check n\ufffdx').stderr).not.toContain('UTF-8');
});
