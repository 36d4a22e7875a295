/**
 * Shell completions as text, generated from the catalogue of commands, so that a shell offers exactly what
 * the program accepts. They start no process when a user presses TAB: they are fast and leave no trace.
 */
import type { CommandRow } from '../../catalog/command-row.ts';
import type { Shell } from '../../catalog/options.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { completedCommands } from './model.ts';
import { zshCompletion } from './zsh.ts';

const renderers = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** Returns the completion script of a shell. */
export function completionFor(shell: Shell, rows: readonly CommandRow[]): string {
  return renderers[shell](completedCommands(rows));
}
