/** `godrift diff`: snapshots of different kinds, and one that is no whole one. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

/** The workspace with a portable snapshot and a whole one of the same state, and the lines of both. */
async function written(): Promise<{ world: World; portable: string; whole: string }> {
  const world = makeWorld(await ensureToolchain('1.27.4'));
  const portable = (await godrift(world, ['snapshot', '--portable'])).stdout;
  const whole = (await godrift(world, ['snapshot'])).stdout;
  writeFileSync(join(world.workspace, 'portable'), portable);
  writeFileSync(join(world.workspace, 'whole'), whole);
  return { world, portable, whole };
}

it.each([
  ['portable', 'whole'],
  ['whole', 'portable'],
])('compares %s with %s as far as the portable one goes, and says so', async (a, b) => {
  const { world, whole } = await written();
  const same = await godrift(world, ['diff', a, b]);
  expect([same.exitCode, same.stdout]).toEqual([0, '']);
  expect(same.stderr).toMatch(/^godrift: portable is a portable snapshot and the other one is whole: .*\n$/);

  writeFileSync(
    join(world.workspace, 'whole'),
    whole.replace('toolchain.version=1.27.4', 'toolchain.version=1.27.0'),
  );
  const changed = await godrift(world, ['diff', '--json', a, b]);
  expect(changed.exitCode).toBe(1);
  expect(JSON.parse(changed.stdout)).toMatchObject({
    compared: 'portable',
    added: [],
    removed: [],
    changed: [{ key: 'toolchain.version' }],
  });
});

it.each(['portable', 'whole'] as const)(
  'refuses the beginning of a %s one beside all of it',
  async (kind) => {
    const { world, ...texts } = await written();
    writeFileSync(
      join(world.workspace, 'cut'),
      texts[kind]
        .split('\n')
        .slice(0, 4)
        .map((line) => `${line}\n`)
        .join(''),
    );
    for (const files of [
      ['cut', kind],
      [kind, 'cut'],
    ]) {
      const { exitCode, stdout, stderr } = await godrift(world, ['diff', ...files]);
      expect([exitCode, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(
        /^godrift: cannot compare cut: it was cut off: .*; write it anew with godrift snapshot\n$/,
      );
    }
  },
);

it('compares with what is missing at the end of a whole one, where nothing says that it was cut off', async () => {
  const { world, whole } = await written();
  writeFileSync(join(world.workspace, 'less'), whole.replaceAll(/^tools\..*\n/gm, ''));
  const { exitCode, stdout } = await godrift(world, ['diff', 'whole', 'less']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^- tools\.gofmt=/m);
});
