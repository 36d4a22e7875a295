/**
 * A submodule whose repository is missing: git refuses to work in the submodule and in its superproject, and
 * go cannot stamp the programs of either.
 */
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, it } from 'vitest';
import { godrift, makeWorld } from '../lab/godrift.ts';
import { ensureToolchain } from '../lab/toolchains.ts';

const program = 'package main\n\nfunc main() {}\n';

describe('a submodule', async () => {
  const toolchain = await ensureToolchain('1.27.4');

  it('without its repository makes builds fail in the submodule and in the superproject, and is reported as vcs-stamping', async () => {
    const world = makeWorld(toolchain, {
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      'main.go': program,
      'sub/go.mod': 'module example.com/sub\n\ngo 1.21\n',
      'sub/main.go': program,
    });
    const run = (command: string, cwd = world.workspace) =>
      execa('/bin/sh', ['-c', command], { cwd, env: world.env, extendEnv: false, reject: false });
    const commit = 'git add -A && git -c user.name=a -c user.email=a@example.com commit -q -m one';
    const made = await run(
      `(cd sub && git init -q && ${commit}) && git init -q && git submodule --quiet add ./sub sub && ${commit} && git submodule --quiet absorbgitdirs`,
    );
    expect(made.exitCode, made.stderr).toBe(0);
    const sub = { ...world, workspace: join(world.workspace, 'sub') };
    const stampingFindings = async (at: typeof world) => {
      const { stdout } = await godrift(at, ['check', '--json']);
      return JSON.parse(stdout).findings.filter(({ rule }: { rule: string }) => rule === 'vcs-stamping');
    };
    expect([await stampingFindings(world), await stampingFindings(sub)]).toEqual([[], []]);
    rmSync(join(world.workspace, '.git/modules'), { recursive: true });
    for (const at of [world, sub]) {
      const built = await run(`${toolchain.go} build -o /dev/null .`, at.workspace);
      expect(built.stderr).toContain('error obtaining VCS status');
      expect(await stampingFindings(at)).toMatchObject([
        {
          level: 'major',
          origin: { path: join(sub.workspace, '.git') },
          summary: expect.stringContaining('.git/modules/sub, which is no repository of git'),
        },
      ]);
    }
  });
});
