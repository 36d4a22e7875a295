/**
 * What a command was told of which target is meant. A command that it prints has to be told the same: without the name it would roll back another target,
 * without the state directory it would look for what was approved where nothing is.
 */
import path from 'node:path';
import { shellWord } from '../drift/shell-word.ts';
import type { TargetState } from '../drift/state.ts';
import type { BlameDocument } from '../explain/blame/answer.ts';
import type { Terminal } from './terminal.ts';
import type { WhichOptions } from './which-target.ts';

type Part = 'target' | 'state' | 'config' | 'directory';

/** What was told, as words of a command line that mean the same wherever it is typed. */
export type Told = Readonly<Partial<Record<Part, readonly string[]>>>;

const which: readonly Part[] = ['target', 'state', 'config', 'directory'];

/** What each command takes of it; of two that begin alike the longer one first. */
const takes: readonly (readonly [command: string, takes: readonly Part[]])[] = [
  ['rollback pause', ['state']],
  ['rollback resume', ['state']],
  // It is printed with the target that it is for.
  ['rollback release', ['state', 'config']],
  ['rollback', which],
  ['baseline accept', which],
  ['baseline list', which],
  ['approvals', ['state']],
  ['approve', ['state', 'config']],
  ['deny', ['state']],
  ['confirm', ['state']],
];

const commands = new RegExp(`\\bgodrift (${takes.map(([command]) => command).join('|')})(?![\\w-])`, 'g');

function wordsFor(command: string, told: Told): readonly string[] {
  const [, parts = []] = takes.find(([name]) => name === command) ?? [];
  return parts.flatMap((part) => told[part] ?? []);
}

/** What was told by options, and by the directory that was named. */
export function toldBy(
  { cwd }: Pick<Terminal, 'cwd'>,
  { target, stateDirectory, configFile }: Pick<WhichOptions, 'target' | 'stateDirectory' | 'configFile'>,
  directory?: string,
): Told {
  const file = (name: string) => path.resolve(cwd, name);
  return {
    ...(target === undefined ? {} : { target: ['--target', target] }),
    ...(stateDirectory === undefined ? {} : { state: ['--state-directory', file(stateDirectory)] }),
    ...(configFile === undefined ? {} : { config: ['--config.file', file(configFile)] }),
    ...(directory === undefined ? {} : { directory: [file(directory)] }),
  };
}

/** A text whose commands are told the same. */
export function asTold(text: string, told: Told): string {
  return text.replaceAll(commands, (whole, command: string) =>
    [whole, ...wordsFor(command, told).map(shellWord)].join(' '),
  );
}

/** An answer of `blame` whose repairs are told the same. */
export function blameAsTold(document: BlameDocument, told: Told): BlameDocument {
  const causes = document.causes.map((cause) => ({
    ...cause,
    repair: cause.repair.map((one) => asTold(one, told)),
  }));
  return { ...document, repair: asTold(document.repair, told), causes };
}

/** A state whose repairs are told the same, those in words and those that a script carries out where the workspace is. */
export function stateAsTold(state: TargetState, told: Told): TargetState {
  const { directory: _, ...options } = told;
  const findings = state.findings.map((finding) => {
    const { repair, fix } = finding;
    const [program, command = '', ...rest] = fix?.action === 'run' ? fix.argv : [];
    return {
      ...finding,
      ...(repair === undefined ? {} : { repair: asTold(repair, told) }),
      ...(fix?.action === 'run' && program === 'godrift'
        ? { fix: { ...fix, argv: [program, command, ...wordsFor(command, options), ...rest] } }
        : {}),
    };
  });
  return { ...state, findings };
}
