/**
 * Relative and empty entries of PATH. A shell resolves them against the current directory, which an empty
 * entry stands for (POSIX.1-2017, XBD 8.3), so each directory may provide programs of its own. Go finds such
 * programs but refuses to start them (os/exec, ErrDot, since go 1.19).
 */
import path from 'node:path';
import type { RelativeEntry } from '../../drift/facets/toolchain.ts';
import { isExecutable } from '../../host/files.ts';
import type { ReadEnvironment } from './process-environment.ts';

/**
 * Programs that Go starts by name: version control systems, C and Fortran compilers, pkg-config, and the
 * binutils that these compilers start by name if they have none of their own.
 */
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

/** More entries than any PATH has. */
const entryLimit = 64;

/**
 * Returns the relative entries of a PATH, in order, each with the directory that it means in the workspace
 * (`''` without a workspace).
 */
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

/** Returns the relative entries with the programs that exist there now. */
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
