/** Sources the script of `check --fix-hints` in a real shell, as a user would. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { godrift, type World } from './godrift.ts';

/** The result of a script: its text, its commands, and the shell's environment afterwards. */
export interface Healed {
  readonly script: string;
  /** Its lines without comments. */
  readonly commands: readonly string[];
  readonly left: Readonly<Record<string, string>>;
}

/**
 * Sources the script for `directory` in a shell that starts with the environment that godrift saw, in the
 * world's workspace. Expects every command to succeed.
 */
export async function healWith(
  shell: string,
  world: World,
  env: Readonly<Record<string, string>> = {},
  directory = '.',
): Promise<Healed> {
  const script = (await godrift(world, ['check', '--fix-hints', directory], env)).stdout;
  const file = join(world.home, 'fix');
  writeFileSync(file, script);
  const { stdout, exitCode, stderr } = await execa(
    shell,
    // The shell must not read settings of its own.
    [...(shell.endsWith('fish') ? ['--no-config'] : []), '-c', `. ${file}; /usr/bin/env -0`],
    { cwd: world.workspace, env: { ...world.env, ...env }, extendEnv: false, reject: false },
  );
  expect(exitCode, `${script}\n${stderr}`).toBe(0);
  const left = stdout
    .split('\0')
    .map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]);
  const commands = script.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return { script, commands, left: Object.fromEntries(left) as Record<string, string> };
}
