/** Files of the state on a disk that answers with an input/output error, which strace puts in the place of what the kernel says: nothing takes them for gone. */
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

/** Runs a command to its end while one file of the state cannot be opened. */
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

/** Names and bytes of all files of the state. */
function stateOf({ state }: World): ReadonlyMap<string, string> {
  const files = readdirSync(state, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  return new Map(
    files.map((one) => join(one.parentPath, one.name)).map((file) => [file, readFileSync(file, 'latin1')]),
  );
}

test.skipIf(!traceable)(
  `a key, a record and the file that names it are not gone, and all is as before when they can be read again${traceable ? '' : ' [skipped, missing: strace and ptrace]'}`,
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
    // A look writes nothing; who would have accepted or served left what stood there.
    const after = stateOf(world);
    for (const [file, bytes] of before) expect([file, after.get(file)]).toEqual([file, bytes]);
    expect((await godrift(world, ['rollback', '--dry-run'])).stdout).toContain('GOFLAGS');
  },
);
