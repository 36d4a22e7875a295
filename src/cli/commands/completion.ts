/** `godrift completion`: prints the completion script of a shell. */
import { commands } from '../../catalog/commands.ts';
import { AppError } from '../../catalog/errors.ts';
import { shells } from '../../catalog/options.ts';
import { completionFor } from '../../tell/completion/completion.ts';
import type { Terminal } from '../terminal.ts';

/** Prints the completion script; returns 0. Throws AppError for an unsupported shell. */
export function runCompletion(terminal: Terminal, name: string | undefined): number {
  const shell = shells.find((one) => one === name);
  if (shell === undefined)
    throw new AppError(
      `cannot run completion ${name}`,
      'there are no completions for it',
      `name one of ${shells.join(', ')}`,
    );
  terminal.stdout.write(completionFor(shell, commands));
  return 0;
}
