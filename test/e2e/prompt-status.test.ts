/**
 * The prompt lines of docs/shell.md, taken from the page and run in real shells beside a real exporter: they
 * start no process and show the true status of a target.
 */
import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { eventually, godrift, makeWorld, seriesOf } from '../lab/godrift.ts';
import { replaceFile } from '../lab/replace-file.ts';
import { startsExporters } from '../lab/running.ts';
import { ensureToolchain, onPath, type Toolchain } from '../lab/toolchains.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});
const start = startsExporters('SIGKILL');

const page = readFileSync(join(import.meta.dirname, '../../docs/shell.md'), 'utf8');
/** Returns the code block of docs/shell.md in a language that begins with a comment naming `file`. */
function block(language: string, file: string): string {
  const found = page.split(`\`\`\`${language}\n# ${file}\n`)[1]?.split('```')[0];
  if (found === undefined) throw new Error(`docs/shell.md has no lines for ${file}`);
  return found;
}

/** Returns a setting from the block for starship. */
function starshipSays(key: string, quote: string): string {
  return block('toml', '~/.config/starship.toml').split(`${key} = ${quote}`)[1]?.split(quote.trim())[0] ?? '';
}

const zsh = block('zsh', '~/.zshrc');
/** How to make each shell print its prompt: the command, the script, and the text after the status. */
const prompts = {
  bash: {
    run: ['bash', '--norc'],
    script: `PS1='$ '\n${block('bash', '~/.bashrc')}\nfalse\neval "$PROMPT_COMMAND"\nprintf '%s' "\${PS1@P}$?"\n`,
    ends: '$ 1',
  },
  zsh: {
    run: ['zsh', '-f'],
    script: `PROMPT='> '\n${zsh}\nfor hook in $precmd_functions; do $hook; done\nprint -nP -- "$PROMPT"\n`,
    ends: '> ',
  },
  fish: {
    run: ['fish', '--no-config'],
    script: `function fish_prompt; echo -n '> '; end\n${block('fish', '~/.config/fish/config.fish')}\nfish_prompt\n`,
    ends: '> ',
  },
  // The segment for powerlevel10k in a real zsh, with a p10k function that prints its text.
  p10k: {
    run: ['zsh', '-f'],
    script: `${zsh.split('precmd_functions')[0]}\nfunction p10k() { print -nr -- "$5" }\n${block('zsh', '~/.p10k.zsh')}\nprompt_godrift\nprint -n -- '> '\n`,
    ends: '> ',
  },
  // The shell commands that starship would run, from its settings.
  starship: {
    run: ['bash', '--noprofile', '--norc'],
    script: `word=$(${starshipSays('when', "'")} || exit; ${starshipSays('command', "'''\n")})\necho -n "\${word:+go:$word }> "\n`,
    ends: '> ',
  },
} as const;
const strace = await onPath('strace');
const starship = await onPath('starship');
if (starship === undefined) console.error('SKIPPED: the lines for starship need starship on PATH');

const healthy = 'GOFLAGS=-trimpath\n';

/** A world with one target whose baseline was accepted, and functions to serve it and read each prompt. */
async function scene() {
  const world = makeWorld(toolchain);
  const goenv = join(world.home, '.config/go/env');
  mkdirSync(dirname(goenv), { recursive: true });
  writeFileSync(goenv, healthy);
  const config = join(world.home, 'godrift.yml');
  writeFileSync(config, stringify({ targets: [{ name: 'api', workspace: world.workspace }] }));
  const accepted = await godrift(world, ['baseline', 'accept', '--reason', 'well', '--config.file', config]);
  expect(accepted.exitCode).toBe(0);
  // The default path of the state directory.
  mkdirSync(join(world.home, '.local/state'), { recursive: true });
  symlinkSync(world.state, join(world.home, '.local/state/godrift'));
  const file = join(world.state, 'status/api');
  const word = () => (existsSync(file) ? readFileSync(file, 'utf8').split('\n')[0] : undefined);
  const env = { HOME: world.home, PATH: '/usr/bin:/bin', LC_ALL: 'C.UTF-8' };
  const show = async (name: keyof typeof prompts, before: readonly string[] = []) => {
    const { run, script, ends } = prompts[name];
    const text = join(world.home, `prompt.${name}`);
    writeFileSync(text, script);
    const [command = '', ...args] = [...before, ...run, text];
    const { stdout, stderr } = await execa(command, args, {
      env,
      extendEnv: false,
      stripFinalNewline: false,
    });
    expect(stderr, name).toBe('');
    expect(stdout.endsWith(ends), `${name}: ${stdout}`).toBe(true);
    return stdout.slice(0, -ends.length);
  };
  const inStarship = async () => {
    const toml = join(world.home, '.config/starship.toml');
    writeFileSync(toml, `format = '$custom'\n${block('toml', '~/.config/starship.toml')}`);
    const { stdout } = await execa(starship as string, ['prompt'], {
      env: { ...env, STARSHIP_SHELL: 'sh', TERM: 'dumb', PATH: process.env['PATH'] ?? '' },
      extendEnv: false,
    });
    return stdout.replaceAll(/\x1b\[[\d;]*m/g, '').trim();
  };
  /** Expects that each prompt shows this text and writes nothing to stderr. */
  const expectShown = async (wanted: string) => {
    for (const name of Object.keys(prompts) as (keyof typeof prompts)[])
      if ((await onPath(prompts[name].run[0])) !== undefined) expect(await show(name), name).toBe(wanted);
    if (starship !== undefined) expect(await inStarship()).toBe(wanted.trim());
  };
  const serve = () => start(world, ['--config.file', config]);
  const told = (wanted: string | undefined) =>
    eventually(`the status to be ${wanted}`, async () => word() === wanted);
  const accept = (reason: string) =>
    godrift(world, ['baseline', 'accept', '--reason', reason, '--config.file', config]);
  return { world, goenv, file, show, expectShown, serve, told, accept };
}

it('the prompt shows the level of a drift, nothing if there is no drift or no exporter, and ? after the exporter was killed', async () => {
  const { world, goenv, file, show, expectShown, serve, told } = await scene();
  await expectShown('');
  const exporter = await serve();
  await told('ok');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  await expectShown('');
  const before = statSync(file);
  replaceFile(goenv, 'GOFLAGS=-mod=mod\n');
  await told('minor');
  await expectShown('go:minor ');
  expect(statSync(file).ino).not.toBe(before.ino);
  const { ino } = statSync(file);
  // A pass with the same result does not rewrite the file.
  replaceFile(goenv, 'GOFLAGS=-mod=mod\n\n');
  await godrift(world, ['targets']);
  expect(statSync(file).ino).toBe(ino);
  if (strace !== undefined)
    for (const name of ['bash', 'zsh', 'fish', 'p10k'] as const) {
      const trace = join(world.home, 'trace');
      await show(name, ['strace', '-f', '-qq', '-e', 'trace=execve,fork,vfork,clone,clone3', '-o', trace]);
      const started = readFileSync(trace, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('CLONE_THREAD'));
      expect(started, name).toHaveLength(1);
    }

  await exporter.stop('SIGKILL');
  expect(existsSync(file)).toBe(true);
  await expectShown('go:? ');
  // The next exporter rewrites the file, and removes status files that belong to none of its targets.
  writeFileSync(join(dirname(file), 'gone'), 'major\n1 1\n', { mode: 0o600 });
  replaceFile(goenv, healthy);
  const next = await serve();
  await told('ok');
  await expectShown('');
  expect(existsSync(join(dirname(file), 'gone'))).toBe(false);
  await next.stop('SIGTERM');
  expect(existsSync(file)).toBe(false);
  await expectShown('');
});

it.skipIf(spawnSync('unshare', ['--mount', 'true']).status !== 0)(
  'the prompt shows the level of a drift without /proc, as on macOS (needs mount namespaces)',
  async () => {
    const { goenv, show, serve, told } = await scene();
    const exporter = await serve();
    await told('ok');
    const withoutProc = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    const shown = async (wanted: string) => {
      for (const name of Object.keys(prompts) as (keyof typeof prompts)[])
        if ((await onPath(prompts[name].run[0])) !== undefined)
          expect(await show(name, withoutProc), name).toBe(wanted);
    };
    await shown('');
    replaceFile(goenv, 'GOFLAGS=-mod=mod\n');
    await told('minor');
    await shown('go:minor ');
    await exporter.stop();
  },
);

it('the prompt shows that the journal was tampered with, until a baseline is accepted again', async () => {
  const { world, goenv, expectShown, serve, told, accept } = await scene();
  const exporter = await serve();
  await told('ok');
  const intact = async () => seriesOf(await exporter.metrics(), 'godrift_journal_intact');
  expect(await intact()).toBe(1);
  replaceFile(goenv, 'GOFLAGS=-mod=mod\n');
  await told('minor');
  const folder = join(world.state, 'journal');
  const [segment = ''] = readdirSync(folder);
  const journal = join(folder, segment);
  const text = readFileSync(journal, 'utf8');
  writeFileSync(journal, text.replace('"why":"well"', '"why":"fine"'));
  expect(readFileSync(journal, 'utf8')).not.toBe(text);
  replaceFile(goenv, healthy);
  await told('journal');
  await expectShown('go:journal ');
  expect(await intact()).toBe(0);
  expect((await accept('looked at it')).exitCode).toBe(0);
  await told('ok');
  expect(await intact()).toBe(1);
});
