/** Reads the shell scripts, which are beside this module or beside the built program. */
import { fileURLToPath } from 'node:url';
import { AppError } from '../../catalog/errors.ts';
import type { Shell } from '../../catalog/options.ts';
import { readFile } from '../../host/files.ts';

/** Returns the script of a shell. Throws AppError where the installation lacks it. */
export function shellSource(shell: Shell): string {
  const here = import.meta.url;
  const folder = here.endsWith('.ts') ? '.' : /\/chunks\/[^/]+$/.test(here) ? '../shells' : './shells';
  const file = fileURLToPath(new URL(`${folder}/envsnap.${shell}`, here));
  const read = readFile({ root: '/', path: file });
  if (read.ok) return read.bytes.toString('utf8');
  throw new AppError(`cannot read ${file}`, read.why, 'install godrift again');
}
