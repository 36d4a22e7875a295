/**
 * Decides whether the effective `go` may be run. In general, what the observed environment names is read and
 * never run. A `go` may be run if this user's own environment leads to it by an absolute path, it lies
 * outside the code, and no other user can replace it (host/checked-program.ts).
 */
import path from 'node:path';
import { type CheckedProgram, checkProgram } from '../../host/checked-program.ts';
import type { BaseSources } from './find-go.ts';
import type { GoTree } from './go-tree.ts';
import type { ProjectFiles } from './project-files.ts';

/**
 * The program to run, or why there is none; `theirs` if no `go` may be run because the environment is
 * another's.
 */
export type RunnableGo =
  | { readonly program: CheckedProgram }
  | { readonly why: string; readonly theirs?: true };

/** The sources on which the decision depends. */
export type RunnableInput = Pick<BaseSources, 'root' | 'environment' | 'code' | 'candidates'> &
  Pick<ProjectFiles, 'gowork'> & { readonly effective?: GoTree };

/** Returns the directories from which nothing is run: those of the code, and those that go.work uses. */
function codeDirectories({ code, gowork }: RunnableInput): readonly string[] {
  const base = path.dirname(gowork?.path ?? '/');
  return [
    ...code.directories,
    ...code.claimed,
    ...(gowork?.file.use.map((use) => path.resolve(base, use.path)) ?? []),
  ];
}

/** Returns the `go` that may be run, or why there is none. */
export function runnableGo(input: RunnableInput): RunnableGo {
  const { root, environment, effective, candidates } = input;
  const { source } = environment.reading;
  if (root !== '/' || (source !== 'self' && source !== 'none'))
    return { why: 'the environment is that of another process', theirs: true };
  if (effective === undefined) return { why: 'the go that builds is not on this host', theirs: true };
  const [first] = candidates;
  if (first?.relative !== undefined)
    return {
      why: `the directory "${first.relative.entry}" of PATH, by which it is found, is relative, so it means another one in each folder`,
    };
  return checkProgram(effective.path, codeDirectories(input));
}
