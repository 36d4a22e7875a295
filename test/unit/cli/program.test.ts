/** Errors for unusable arguments: one line in the form of all errors, exit code 2. */
import { readdirSync } from 'node:fs';
import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { type CommandRow, optionsOf } from '../../../src/catalog/command-row.ts';
import { commands } from '../../../src/catalog/commands.ts';
import { AppError } from '../../../src/catalog/errors.ts';
import { runProgram } from '../../../src/cli/program.ts';
import { scratch } from '../../lab/toolchains.ts';

/** Returns the text that the user sees: the message of the AppError, or the output. */
async function outputOf(...argv: string[]): Promise<string> {
  const printed = new PassThrough();
  const cwd = scratch('program');
  const terminal = { env: new Map([['HOME', cwd]]), cwd, stdout: printed, stderr: printed };
  try {
    const code = await runProgram(argv, terminal as never);
    return `${code} ${String(printed.read() ?? '')}`;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message;
  }
}

describe('arguments', () => {
  it.each([
    [['frobnicate'], 'cannot run frobnicate: there is no such command; see godrift --help'],
    [['chek'], 'cannot run chek: there is no such command; did you mean check?'],
    [['help', 'nope'], 'cannot help with nope: there is no such command; see godrift --help'],
    [
      ['help', 'cache', 'verfy'],
      'cannot help with cache verfy: there is no such command; did you mean verify?',
    ],
    [
      ['check', '--jsn'],
      "cannot run godrift check: unknown option '--jsn' (Did you mean --json?); see godrift check --help",
    ],
    [['cache', 'frob'], "cannot run godrift cache: unknown command 'frob'; see godrift cache --help"],
    [
      ['baseline', 'accept', 'x'],
      "cannot run godrift baseline accept: required option '--reason <text>' not specified; see godrift baseline accept --help",
    ],
    [
      ['waiver', 'add', '--rule', 'pin-goversion', '--reason', 'x', '--expires', '7d'],
      'cannot use --rule pin-goversion: there is no such rule; did you mean pin-go-version?',
    ],
    [
      ['config', 'check', '--web.listen-address', 'nonsense'],
      'cannot listen on nonsense: it is no host:port; correct --web.listen-address',
    ],
    [
      ['healthcheck', '--web.listen-address', ':99999'],
      'cannot listen on :99999: it is no host:port; correct --web.listen-address',
    ],
  ])('%j are refused with a hint', async (argv, message) => {
    expect(await outputOf(...argv)).toBe(message);
  });

  it('that ask for help with a command print the help of that command', async () => {
    expect(await outputOf('help', 'cache', 'verify')).toBe(await outputOf('cache', 'verify', '--help'));
    expect(await outputOf('help', 'cache', 'verify')).toMatch(/^0 Usage: godrift cache verify /);
    expect(await outputOf('help')).toBe(await outputOf('--help'));
  });

  it('after a subcommand belong to it, even if the parent command has an option of that name', async () => {
    const there = scratch('paused');
    expect(await outputOf('rollback', 'pause', '--state-directory', there)).toMatch(/^0 paused/);
    expect(readdirSync(there)).toContain('journal');
    expect(await outputOf('rollback', 'release', '--state-directory', there, '--facet', 'env')).toMatch(
      /^cannot release env of \S+ \(.*\): no rollback of it is held back; nothing else is either/,
    );
  });

  it('before a subcommand are refused, since they would be ignored', async () => {
    expect(await outputOf('rollback', '--state-directory', '/x', 'pause')).toBe(
      'cannot run godrift rollback pause: --state-directory comes before pause; put it after the command: godrift rollback pause --state-directory <dir>',
    );
  });

  it.each([
    [['events', '--report', '--verify'], '--verify and --report'],
    [['events', '--verify', '--since', '2h'], '--verify and --since'],
    [['events', '--report', '--json'], '--report and --json'],
    [['events', '--trace', '4bf92f35', '--follow'], '--trace and --follow'],
    [['check', '--fix-hints', '--format', 'json'], '--fix-hints and --format'],
    [['cache', 'verify', '.', '--gocache', '/c'], '--gocache and [dir]'],
    [['cache', 'generations', 'swap', 'g2', '.', '--gocache', '/c'], '--gocache and [dir]'],
    [['deployment', 'mark', '.', '--reason', 'x', '--target-pattern', 'a'], '--target-pattern and [dir]'],
    [
      ['serve', '--web.systemd-socket', '--web.listen-address', ':1'],
      '--web.systemd-socket and --web.listen-address',
    ],
  ])('%j are refused: one would be ignored', async (argv, both) => {
    expect(await outputOf(...argv)).toMatch(/^cannot run godrift [a-z ]+: /);
    expect(await outputOf(...argv)).toContain(`: ${both} exclude each other; give one of them`);
  });

  it.each([
    [
      ['events', '--witness', `${'0'.repeat(16)}@1`],
      'cannot run godrift events: --witness has an effect only with --verify; add it, or leave --witness out',
    ],
    [
      ['check', '--notify-kind', 'slack'],
      'cannot run godrift check: --notify-kind has an effect only with --notify or --notify-url-file; add one of them, or leave --notify-kind out',
    ],
    [
      ['demo', '--servers', '/opt'],
      'cannot run godrift demo: --servers has an effect only with --with-servers; add it, or leave --servers out',
    ],
  ])('%j are refused: alone they have no effect', async (argv, message) => {
    expect(await outputOf(...argv)).toBe(message);
  });

  it('exclude or need only arguments that their own command has', () => {
    for (const row of commands as readonly CommandRow[]) {
      const names = optionsOf(row).map(({ flag }) => /--[\w.-]+/.exec(flag)?.[0]);
      for (const { excludes = [], needs = [] } of optionsOf(row))
        expect([...names, ...(row.arguments ?? '').split(' ')]).toEqual(
          expect.arrayContaining([...excludes, ...needs]),
        );
    }
  });

  it('are explained by help and --help alike', async () => {
    const help = await outputOf('help', 'check');
    expect(help).toMatch(/^0 Usage: godrift check /);
    expect(await outputOf('check', '--help')).toBe(help);
  });

  it('that verify a journal are refused if there is none', async () => {
    expect(await outputOf('events', '--verify', '--state-directory', '/nonexistent')).toBe(
      'cannot verify the journal in /nonexistent/journal: there is none; name where the exporter keeps its state with --state-directory',
    );
  });
});
