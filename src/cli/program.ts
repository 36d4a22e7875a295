/** Builds the commander program from the command rows of the catalogue. */
import { Command, CommanderError, Option } from 'commander';
import { type CommandOption, type CommandRow, optionsOf } from '../catalog/command-row.ts';
import { type CommandPath, commands } from '../catalog/commands.ts';
import { AppError } from '../catalog/errors.ts';
import { actions } from './actions.ts';
import type { Action, GivenOptions } from './given-options.ts';
import { refuseTogether } from './options-together.ts';
import type { Terminal } from './terminal.ts';
import { versionText } from './version.ts';

const examplesText = (lines: readonly string[]) =>
  `\nExamples:\n${lines.map((line) => `  $ ${line}`).join('\n')}\n`;

function optionOf(row: CommandOption): Option {
  const option = new Option(row.flag, row.about);
  if (row.choices !== undefined) option.choices(row.choices);
  if (row.default !== undefined) option.default(row.default);
  if (row.isRequired === true) option.makeOptionMandatory();
  if (row.isRepeated === true)
    option.argParser((value: string, before: readonly string[] = []) => [...before, value]);
  return option;
}

/**
 * Returns the options and arguments that the command line set, by their names in the catalogue: `--json`,
 * `[dir]`. Defaults do not count.
 */
function givenTo(row: CommandRow, command: Command): ReadonlySet<string> {
  const options = command.options
    .filter((option) => command.getOptionValueSource(option.attributeName()) === 'cli')
    .map((option) => option.long ?? option.flags);
  const words = (row.arguments ?? '').split(' ').slice(0, command.args.length);
  return new Set([...options, ...words]);
}

/** Adds a command below its parent: `cache verify` below `cache`. */
function addCommand(
  program: Command,
  row: CommandRow,
  run: (action: Action, command: Command) => void,
): void {
  const words = row.path.split(' ');
  const name = words.pop();
  const parent = words.reduce(
    (above, word) => above.commands.find((one) => one.name() === word) ?? above,
    program,
  );
  const command = parent
    .command([name, row.arguments].filter((word) => word !== undefined).join(' '))
    .description(row.about)
    .enablePositionalOptions();
  for (const option of optionsOf(row)) command.addOption(optionOf(option));
  if (row.note !== undefined) command.addHelpText('after', `\n${row.note}`);
  if (row.examples !== undefined) command.addHelpText('after', examplesText(row.examples));
  if (row.isGroup !== true) run(actions[row.path as CommandPath], command);
}

/**
 * Throws AppError for an option before the verb: commander assigns it to the parent command, which ignores
 * it.
 */
function refuseMisplaced(command: Command): void {
  const { parent } = command;
  const misplaced = parent?.options.find(
    (option) => parent.getOptionValueSource(option.attributeName()) === 'cli',
  );
  if (misplaced === undefined || parent === null) return;
  const called = `${parent.name()} ${command.name()}`;
  throw new AppError(
    `cannot run godrift ${called}`,
    `${misplaced.long} comes before ${command.name()}`,
    `put it after the command: godrift ${called} ${misplaced.flags}`,
  );
}

/** Returns the error for an unknown command, with suggestions. */
async function noCommand(what: string, word: string, above: Command): Promise<AppError> {
  const { meantOr } = await import('../explain/why/words.ts');
  const names = above.commands.map((one) => one.name());
  return new AppError(
    `cannot ${what}`,
    'there is no such command',
    meantOr(word, names, 'see godrift --help'),
  );
}

/**
 * Rewrites `help cache verify` to `cache verify --help`: commander's own `help` takes one word and ignores
 * the rest. Throws AppError for an unknown command.
 */
async function withHelpBehind(argv: readonly string[], program: Command): Promise<readonly string[]> {
  const [first, ...words] = argv;
  if (first !== 'help' || words.some((word) => word.startsWith('-'))) return argv;
  const asked = words[0] === 'help' ? [] : words;
  let command = program;
  for (const word of asked) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) throw await noCommand(`help with ${asked.join(' ')}`, word, command);
    command = next;
  }
  return [...asked, '--help'];
}

/** Builds the program; each action passes its exit code to `done`. */
function createProgram(terminal: Terminal, done: (code: number) => void): Command {
  const program = new Command('godrift')
    .description(
      'Watches what decides a Go build and says when it drifts. Without a command: check, then what to try next.',
    )
    .usage('[options] [command]')
    .version(versionText(), '-V, --version', 'print the version')
    .helpCommand(true)
    // `rollback release --facet` belongs to release, although rollback has an option of that name too. Every
    // parent command needs this setting.
    .enablePositionalOptions()
    .configureOutput({
      writeOut: (text) => terminal.stdout.write(text),
      writeErr: (text) => terminal.stderr.write(text),
      getOutHelpWidth: () => terminal.stdout.columns ?? 80,
      // Errors are formatted like all others: see refusal.
      outputError: () => {},
    })
    .exitOverride()
    .showHelpAfterError(false)
    .addHelpText(
      'after',
      examplesText([
        'godrift',
        'godrift check --json',
        'godrift serve ~/src/api ~/src/web',
        'godrift baseline accept --reason "go 1.27 rollout"',
      ]),
    );

  program.argument('[command]').action(async (unknown: string | undefined) => {
    if (unknown !== undefined) throw await noCommand(`run ${unknown}`, unknown, program);
    const { runWelcome } = await import('./commands/check.ts');
    done(await runWelcome(terminal));
  });
  for (const row of commands) {
    addCommand(program, row, (action, command) =>
      command.action(async () => {
        refuseMisplaced(command);
        refuseTogether(row, givenTo(row, command));
        // A variadic argument, as of `serve`, is one value.
        const args = command.processedArgs.flat() as (string | undefined)[];
        done(await action({ terminal, args, options: command.opts<GivenOptions>() }));
      }),
    );
  }
  return program;
}

/** Turns an error of commander into one line that names the command and its help. */
function refusal(program: Command, argv: readonly string[], error: CommanderError): AppError {
  let command = program;
  let called = program.name();
  for (const word of argv) {
    const next = command.commands.find((one) => one.name() === word);
    if (next === undefined) break;
    command = next;
    called += ` ${word}`;
  }
  const why = error.message.replace(/^error: /, '').replace(/\.?\s*\n\s*/g, ' ');
  return new AppError(`cannot run ${called}`, why.replace(/\.$/, ''), `see ${called} --help`);
}

/** Runs the program and returns its exit code (contract §1). Throws AppError. */
export async function runProgram(argv: readonly string[], terminal: Terminal): Promise<number> {
  let code = 0;
  const program = createProgram(terminal, (value) => {
    code = value;
  });
  try {
    await program.parseAsync(await withHelpBehind(argv, program), { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    if (error.exitCode === 0) return 0;
    // A group without a verb: commander has already printed the help.
    if (error.code === 'commander.help') return 2;
    throw refusal(program, argv, error);
  }
  return code;
}
