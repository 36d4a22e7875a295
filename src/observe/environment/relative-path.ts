/**
 * Relative and empty entries of PATH. A shell looks there from where it stands, an empty entry being the current directory (POSIX.1-2017,
 * XBD 8.3), so each folder may bring programs of its own. Go finds them too and refuses to start them (os/exec, ErrDot, since go 1.19).
 */
import path from 'node:path';
import type { RelativeEntry } from '../../drift/facets/toolchain.ts';
import { isExecutable } from '../../host/files.ts';
import type { ReadEnvironment } from './process-environment.ts';

/** What go starts by name: version control, C and Fortran compilers, what finds libraries for them, and what those start by name in turn where they bring none of their own. */
export const startedByGo: readonly string[] = [
  'git',
  'hg',
  'svn',
  'bzr',
  'fossil',
  'gcc',
  'g++',
  'cc',
  'c++',
  'clang',
  'clang++',
  'pkg-config',
  'gfortran',
  'ar',
  'as',
  'ld',
];

/** More than any PATH has. */
const entryLimit = 64;

/** The relative entries of a PATH in their order, each with the directory that it means in the workspace (`''` without one). */
export function relativeEntries(
  value: string,
  workspace: string,
): readonly { readonly entry: string; readonly directory: string }[] {
  if (value === '') return [];
  return value
    .split(':')
    .filter((entry) => !entry.startsWith('/'))
    .slice(0, entryLimit)
    .map((entry) => ({ entry, directory: workspace === '' ? '' : path.resolve(workspace, entry) }));
}

/** The same entries with the programs that stand there now. */
export function readRelativeEntries(
  { root, credentials }: Pick<ReadEnvironment, 'root' | 'credentials'>,
  value: string,
  workspace: string,
): readonly RelativeEntry[] {
  return relativeEntries(value, workspace).map(({ entry, directory }) => ({
    entry,
    programs:
      directory === ''
        ? []
        : ['go', ...startedByGo].filter((name) =>
            isExecutable({ root, path: path.join(directory, name) }, credentials),
          ),
  }));
}
