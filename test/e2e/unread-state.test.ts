/**
 * State files on a disk with input/output errors (injected by strace): an
 * unreadable file is not treated as missing.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, test } from 'vitest';
import { accept, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { godrift, patienceMs, program, type World } from '../lab/godrift.ts';
import { strace, traceable } from '../lab/strace.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

/** Runs a command while opening one state file fails with EIO. */
async function withBadSector({ workspace, env, state }: World, file: string, args: readonly string[]) {
  const options = ['-f', '-qq', '-o', '/dev/null', '-P', join(state, file)];
  const fault = ['-e', 'trace=openat', '-e', 'inject=openat:error=EIO'];
  return await execa(strace ?? '', [...options, ...fault, process.execPath, program, ...args], {
    cwd: workspace,
    env,
    extendEnv: false,
    reject: false,
    timeout: patienceMs,
  });
}

/** Returns the paths and contents of all state files. */
function stateOf({ state }: World): ReadonlyMap<string, string> {
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files.map((one) => join(one.parentPath, one.name)).map((file) => [file, readFileSync(file, 'latin1')]),
  );
}

test.skipIf(!traceable)(
  `commands exit with 2 if a state file cannot be read (EIO), and change no state file${traceable ? '' : ' [skipped, missing: strace and ptrace]'}`,
  async () => {
    const world = worldWithGoenv(toolchain, 'GOFLAGS=-trimpath\n');
    await accept(world);
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    const before = stateOf(world);
    const named = (pattern: RegExp) => {
      const file = [...before.keys()].find((one) => pattern.test(one)) ?? '';
      return file.slice(world.state.length + 1);
    };
    const serve = ['serve', '--web.listen-address', '127.0.0.1:0'];
    for (const [file, args] of [
      ['key', serve],
      ['key', ['baseline', 'accept', '--reason', 'again']],
      [named(/accepted\.json$/), ['rollback', '--dry-run']],
      [named(/approved\/.*\.json$/), ['rollback', '--dry-run']],
    ] as const) {
      const { exitCode, stderr } = await withBadSector(world, file, args);
      expect([exitCode, stderr], args.join(' ')).toEqual([
        2,
        expect.stringMatching(/^godrift: cannot .*EIO/m),
      ]);
    }
    // No command changed an existing state file.
    const after = stateOf(world);
    for (const [file, bytes] of before) expect([file, after.get(file)]).toEqual([file, bytes]);
    expect((await godrift(world, ['rollback', '--dry-run'])).stdout).toContain('GOFLAGS');
  },
);
