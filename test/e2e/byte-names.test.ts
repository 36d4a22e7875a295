/**
 * Paths that are not valid UTF-8, which Node alters: commands must refuse them instead of reporting on
 * another path.
 */
import { execFileSync, spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { makeWorld, patienceMs, program } from '../lab/godrift.ts';

const bare = process.platform === 'linux' ? test : test.skip;

bare('a path that is not valid UTF-8 is refused, both as the working directory and as an argument', () => {
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
  // The replacement character U+FFFD itself is a valid name.
  execFileSync('/bin/sh', ['-c', 'mkdir n\ufffdx'], { cwd: world.workspace });
  expect(run('cd n\ufffdx && exec "$1" "$2" version')).toMatchObject({ status: 0 });
  expect(run('exec "$1" "$2" check n\ufffdx').stderr).not.toContain('UTF-8');
});
