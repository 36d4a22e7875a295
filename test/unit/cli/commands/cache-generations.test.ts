/** Output of the cache generation commands. */
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { runProgram } from '../../../../src/cli/program.ts';
import { scratch } from '../../../lab/toolchains.ts';

it('list, collect and swap mention a generation that GOCACHE never led to, and count one as “1 generation”', async () => {
  const cwd = scratch('generations');
  const gocache = path.join(cwd, 'go-build');
  for (let prefix = 0; prefix < 256; prefix++)
    mkdirSync(path.join(gocache, prefix.toString(16).padStart(2, '0')), { recursive: true });
  writeFileSync(path.join(gocache, 'README'), 'This directory holds cached build artifacts.\n');
  const run = async (...argv: string[]) => {
    const printed = new PassThrough();
    const env = new Map([['HOME', cwd]]);
    const all = ['cache', 'generations', ...argv, '--gocache', gocache];
    await runProgram(all, { env, cwd, stdout: printed, stderr: printed } as never);
    return String(printed.read() ?? '');
  };
  await run('adopt');
  await run('new');
  expect(await run('list')).toMatch(/ g2 .*made \S+, GOCACHE never led to it/);
  expect(await run('collect')).toMatch(/g2 stays: it was made recently: /);
  await run('swap', 'g2');
  expect(await run('list')).toMatch(/ g1 .*left \d{4}-/);
  expect(await run('collect', '--older-than', '1ms')).toMatch(/1 generation removed, 1 stays/);
});
