/**
 * Completions for shells, as text: made from the rows of the commands, so that a shell offers what the program takes. They start no process when
 * somebody presses TAB, and so cost nothing and leave no trace.
 */
import type { CommandRow } from '../../catalog/command-row.ts';
import type { Shell } from '../../catalog/options.ts';
import { bashCompletion } from './bash.ts';
import { fishCompletion } from './fish.ts';
import { completedCommands } from './model.ts';
import { zshCompletion } from './zsh.ts';

const renderers = { bash: bashCompletion, zsh: zshCompletion, fish: fishCompletion } as const;

/** What a shell reads to complete the program. */
export function completionFor(shell: Shell, rows: readonly CommandRow[]): string {
  return renderers[shell](completedCommands(rows));
}
