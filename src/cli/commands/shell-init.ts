/** `godrift shell-init`: prints the shell code that defines `envsnap`. */
import { AppError } from '../../catalog/errors.ts';
import { shells } from '../../catalog/options.ts';
import { stateDirectoryPath } from '../../store/state-directory.ts';
import { refuseSharedDirectory } from '../../undo/shells/private-directory.ts';
import { renderShell } from '../../undo/shells/render.ts';
import { shellSource } from '../../undo/shells/source.ts';
import type { Terminal } from '../terminal.ts';

/**
 * Prints the code for `eval`; returns 0. Throws AppError for an unsupported shell, and if other users could
 * change the directory from which snapshots are read.
 */
export async function runShellInit(
  terminal: Terminal,
  name: string | undefined,
  hotReload: boolean,
): Promise<number> {
  const shell = shells.find((one) => one === name);
  if (shell === undefined)
    throw new AppError(
      `cannot run shell-init ${name}`,
      'envsnap does not support this shell',
      `name one of ${shells.join(', ')}`,
    );
  await refuseSharedDirectory(stateDirectoryPath(terminal.env));
  terminal.stdout.write(renderShell(shell, shellSource(shell), { hotReload }));
  return 0;
}
