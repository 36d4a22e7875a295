/** Types keys into real shells on a pseudo-terminal, once the prompt is there. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import type { Shell } from '../../src/catalog/options.ts';
import { eventually } from './eventually.ts';
import { scratch } from './toolchains.ts';

/** Commands that start each shell without the user's settings, reading `setup` first. */
const starts: Readonly<Record<Shell, (setup: string) => string>> = {
  bash: (setup) => `bash --noprofile --rcfile ${setup} -i`,
  zsh: (setup) => `ZDOTDIR=${setup}.zdotdir zsh -i`,
  fish: (setup) => `fish --no-config --init-command 'source ${setup}'`,
};

/**
 * Setups that replace `godrift` by a function that writes its arguments to `kept`, one a line, and set a
 * known prompt.
 */
const setups: Readonly<Record<Shell, (kept: string) => string>> = {
  bash: (kept) => `godrift() { printf '%s\\n' "$@" > ${kept}; }\nPS1='ready> '\nbind 'set bell-style none'\n`,
  zsh: (kept) =>
    `autoload -Uz compinit && compinit -u -d ${kept}.compdump\ngodrift() { print -rl -- "$@" > ${kept} }\nPS1='ready> '\nsetopt nobeep\n`,
  fish: (kept) =>
    `function godrift\n  printf '%s\\n' $argv > ${kept}\nend\nfunction fish_prompt\n  echo -n 'ready> '\nend\nfunction fish_greeting\nend\n`,
};

/**
 * Types `keys` and Enter into a shell that has read `completions`, in `folder`. Returns the arguments with
 * which it called godrift.
 */
export async function typed(
  shell: Shell,
  completions: string,
  keys: string,
  folder: string,
): Promise<readonly string[]> {
  const home = scratch('typed');
  const [kept, setup, screen] = ['kept', 'setup', 'screen'].map((name) => join(home, name)) as [
    string,
    string,
    string,
  ];
  const text = `${setups[shell](kept)}${completions}`;
  writeFileSync(setup, text);
  await execa('mkdir', [`${setup}.zdotdir`]);
  writeFileSync(join(`${setup}.zdotdir`, '.zshrc'), text);
  const run = execa('script', ['--quiet', '--flush', '--command', starts[shell](setup), screen], {
    cwd: folder,
    env: { HOME: home, PATH: process.env['PATH'], TERM: 'xterm', XDG_CONFIG_HOME: home, XDG_DATA_HOME: home },
    extendEnv: false,
    reject: false,
    stdout: 'ignore',
  });
  const shown = () => (existsSync(screen) ? readFileSync(screen, 'latin1') : '');
  try {
    await eventually(`${shell} to ask for a command`, async () => shown().includes('ready> '));
    run.stdin.write(`${keys}\r`);
    await eventually(
      `godrift to be started by ${JSON.stringify(keys)} in ${shell}`,
      async () => existsSync(kept) && readFileSync(kept, 'utf8').endsWith('\n'),
    );
  } finally {
    run.stdin.end('\x04exit\r');
    run.kill('SIGKILL');
    await run;
  }
  return readFileSync(kept, 'utf8').trimEnd().split('\n');
}
