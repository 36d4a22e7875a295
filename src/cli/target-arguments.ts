/**
 * Repeats the options that select a target in every command that godrift prints. Without `--target` a printed
 * command would roll back another target; without `--state-directory` it would not find what was approved.
 */
import path from 'node:path';
import { shellWord } from '../drift/shell-word.ts';
import type { TargetState } from '../drift/state.ts';
import type { BlameDocument } from '../explain/blame/answer.ts';
import type { Terminal } from './terminal.ts';
import type { WhichOptions } from './which-target.ts';

type Part = 'target' | 'state' | 'config' | 'directory';

/**
 * Options that select a target, as words of a command line. Paths are absolute, so that the words mean the
 * same in every directory.
 */
export type TargetArguments = Readonly<Partial<Record<Part, readonly string[]>>>;

const which: readonly Part[] = ['target', 'state', 'config', 'directory'];

/**
 * The options that each command takes. Where one command is a prefix of another, the longer one comes first.
 */
const accepted: readonly (readonly [command: string, parts: readonly Part[]])[] = [
  ['rollback pause', ['state']],
  ['rollback resume', ['state']],
  // Messages print `rollback release` with its target.
  ['rollback release', ['state', 'config']],
  ['rollback', which],
  ['baseline accept', which],
  ['baseline list', which],
  ['approvals', ['state']],
  ['approve', ['state', 'config']],
  ['deny', ['state']],
  ['confirm', ['state']],
];

const commands = new RegExp(`\\bgodrift (${accepted.map(([command]) => command).join('|')})(?![\\w-])`, 'g');

function wordsFor(command: string, given: TargetArguments): readonly string[] {
  const [, parts = []] = accepted.find(([name]) => name === command) ?? [];
  return parts.flatMap((part) => given[part] ?? []);
}

/** Returns the words for the options and the directory that a command was given. */
export function targetArgumentsOf(
  { cwd }: Pick<Terminal, 'cwd'>,
  { target, stateDirectory, configFile }: Pick<WhichOptions, 'target' | 'stateDirectory' | 'configFile'>,
  directory?: string,
): TargetArguments {
  const file = (name: string) => path.resolve(cwd, name);
  return {
    ...(target === undefined ? {} : { target: ['--target', target] }),
    ...(stateDirectory === undefined ? {} : { state: ['--state-directory', file(stateDirectory)] }),
    ...(configFile === undefined ? {} : { config: ['--config.file', file(configFile)] }),
    ...(directory === undefined ? {} : { directory: [file(directory)] }),
  };
}

/** Adds the options to every godrift command in a text. */
export function withTargetArguments(text: string, given: TargetArguments): string {
  return text.replaceAll(commands, (whole, command: string) =>
    [whole, ...wordsFor(command, given).map(shellWord)].join(' '),
  );
}

/** Adds the options to the repairs in an answer of `blame`. */
export function blameWithTargetArguments(document: BlameDocument, given: TargetArguments): BlameDocument {
  const causes = document.causes.map((cause) => ({
    ...cause,
    repair: cause.repair.map((one) => withTargetArguments(one, given)),
  }));
  return { ...document, repair: withTargetArguments(document.repair, given), causes };
}

/**
 * Adds the options to the repairs in a state: to the texts, and to the commands of `--fix-hints`, which run
 * in the workspace and need no directory.
 */
export function stateWithTargetArguments(state: TargetState, given: TargetArguments): TargetState {
  const { directory: _, ...options } = given;
  const findings = state.findings.map((finding) => {
    const { repair, fix } = finding;
    const [program, command = '', ...rest] = fix?.action === 'run' ? fix.argv : [];
    return {
      ...finding,
      ...(repair === undefined ? {} : { repair: withTargetArguments(repair, given) }),
      ...(fix?.action === 'run' && program === 'godrift'
        ? { fix: { ...fix, argv: [program, command, ...wordsFor(command, options), ...rest] } }
        : {}),
    };
  });
  return { ...state, findings };
}
