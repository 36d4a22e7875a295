/**
 * Writes files that the command line names. A file is replaced and a symlink is never followed, because a
 * pull request may have planted it.
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { visible } from '../catalog/visible.ts';

import { stampOf } from '../host/files.ts';
import { type OutputOptions, writeOutput } from '../host/output.ts';
import { writeReason } from '../store/state-directory.ts';
import { checkoutOfCi } from './ci-checkout.ts';
import type { Terminal } from './terminal.ts';

/**
 * Returns the root of the repository that a workspace belongs to: the checkout that CI declares, else the
 * nearest directory with `.git`, else the workspace itself.
 */
export function repositoryRoot(terminal: Terminal, workspace: string): string {
  const start = workspace || terminal.cwd;
  const checkout = checkoutOfCi(terminal, start);
  if (checkout !== undefined) return checkout;
  for (let here = start; ; here = path.dirname(here)) {
    if (stampOf({ root: '/', path: path.join(here, '.git') }) !== undefined) return here;
    if (here === path.dirname(here)) return start;
  }
}

/** Runs a change of a file. Throws AppError if a system call fails. */
export async function onFile<T>(terminal: Terminal, file: string, change: () => Promise<T>): Promise<T> {
  try {
    return await change();
  } catch (error) {
    const why = writeReason(error, path.resolve(terminal.cwd, file));
    throw new AppError(
      `cannot write ${visible(file)}`,
      why,
      why.endsWith('does not exist')
        ? 'make it, or name a file in another one'
        : 'remove what is in the way, or name a file in a directory that can be written',
    );
  }
}

/**
 * Writes a file that the command line names. Follows no symlink below `tree`, the repository, where a pull
 * request may have planted one.
 */
export function writeFile(
  terminal: Terminal,
  file: string,
  text: string,
  options: Omit<OutputOptions, 'mode'> & { readonly tree: string },
): Promise<void> {
  return onFile(terminal, file, () =>
    writeOutput(path.resolve(terminal.cwd, file), text, { mode: 0o644, ...options }),
  );
}
