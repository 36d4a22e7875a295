/** `godrift diff`: snapshots of different kinds, truncated snapshots, and pipes. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { godrift, makeWorld, patienceMs, program, type World } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

/** A workspace with a portable and a whole snapshot of the same state, and the text of both. */
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
])('compares a %s snapshot with a %s one by the entries of the portable one, and says so', async (a, b) => {
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
  'refuses to compare a %s snapshot with its truncated copy',
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

it('reports missing entries of a whole snapshot as removed if the file does not look truncated', async () => {
  const { world, whole } = await written();
  writeFileSync(join(world.workspace, 'less'), whole.replaceAll(/^tools\..*\n/gm, ''));
  const { exitCode, stdout } = await godrift(world, ['diff', 'whole', 'less']);
  expect(exitCode).toBe(1);
  expect(stdout).toMatch(/^- tools\.gofmt=/m);
});

it('reads a snapshot from a process substitution or from standard input', async () => {
  const { world, whole } = await written();
  const bash = async (line: string) =>
    await execa('bash', ['-c', line, 'bash', process.execPath, program], {
      cwd: world.workspace,
      env: world.env,
      extendEnv: false,
      reject: false,
      timeout: patienceMs,
    });
  writeFileSync(
    join(world.workspace, 'old'),
    whole.replace('toolchain.version=1.27.4', 'toolchain.version=1.27.0'),
  );
  const difference = '- toolchain.version=1.27.0\n+ toolchain.version=1.27.4';
  const pipes = await bash('"$1" "$2" diff <(cat old) <(cat whole)');
  expect([pipes.stderr, pipes.exitCode, pipes.stdout]).toEqual(['', 1, difference]);
  const standardInput = await bash('cat whole | "$1" "$2" diff old -');
  expect([standardInput.stderr, standardInput.exitCode, standardInput.stdout]).toEqual(['', 1, difference]);
  const closed = await bash('"$1" "$2" diff old /dev/fd/57');
  expect([closed.exitCode, closed.stderr]).toEqual([
    2,
    expect.stringMatching(
      /^godrift: cannot read \/dev\/fd\/57: .*; name a snapshot file, or - for standard input$/,
    ),
  ]);
});
