/** The script of `check --fix-hints`, sourced in a real shell as a person would. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect } from 'vitest';
import { godrift, type World } from './godrift.ts';

/** What a script did: its text, its commands, and the environment of the shell after it. */
export interface Healed {
  readonly script: string;
  /** Lines that are no comment. */
  readonly commands: readonly string[];
  readonly left: Readonly<Record<string, string>>;
}

/**
 * Sources the script in a shell that begins with the environment that godrift saw, in the world's workspace, whichever `directory` the script
 * is for. Expects that every command of it succeeds.
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
    // A shell that a person started has read no settings of its own.
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
