/** A state directory whose files others could have written: no command uses it. */
import { chmodSync, renameSync, symlinkSync } from 'node:fs';
import { expect, test } from 'vitest';
import { accept, worldWithGoenv } from '../lab/accepted.ts';
import { godrift } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const toolchain = await ensureToolchain('1.27.4');
const reading = [
  ['check'],
  ['baseline', 'show'],
  ['why', 'GOFLAGS'],
  ['rollback', '--dry-run'],
  ['events'],
  ['waiver', 'list'],
  ['approvals'],
  ['targets'],
];

test('read-only commands refuse a state directory that is a symlink or that others can write', async () => {
  const world = worldWithGoenv(toolchain, 'GOFLAGS=-trimpath\n');
  await accept(world);
  const { state } = world;
  const refused = async (why: string) => {
    for (const args of reading)
      expect(await godrift(world, args), args.join(' ')).toEqual({
        exitCode: 2,
        stdout: '',
        stderr: `godrift: cannot use the state directory ${state}: ${why}\n`,
      });
  };
  expect((await godrift(world, ['check'])).exitCode).toBe(0);
  chmodSync(state, 0o777);
  await refused(`others can write into it; chmod 700 ${state}`);
  chmodSync(state, 0o700);
  renameSync(state, `${state}.there`);
  symlinkSync(`${state}.there`, state);
  await refused('it is a symbolic link; name the directory that it leads to');
});
