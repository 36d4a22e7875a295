/**
 * Whether the go that builds may be asked: what the observed names is read, never run. It may be run where this user's own environment
 * leads to it by an absolute path, it lies outside of the code that is looked at, and nobody else can exchange it (host/checked-program.ts).
 */
import path from 'node:path';
import { type CheckedProgram, checkProgram } from '../../host/checked-program.ts';
import type { Base } from './find-go.ts';
import type { GoTree } from './go-tree.ts';
import type { ProjectFiles } from './project-files.ts';

/** The program to run, or why none is; `theirs` where that is so for every go, as the environment is another's. */
export type RunnableGo =
  | { readonly program: CheckedProgram }
  | { readonly why: string; readonly theirs?: true };

/** What decides, of the sources of a pass. */
export type RunnableInput = Pick<Base, 'root' | 'environment' | 'code' | 'candidates'> &
  Pick<ProjectFiles, 'gowork'> & { readonly effective?: GoTree };

/** Where nothing is run: the code, and what go.work gathers. */
function codeDirectories({ code, gowork }: RunnableInput): readonly string[] {
  const base = path.dirname(gowork?.path ?? '/');
  return [
    ...code.directories,
    ...code.claimed,
    ...(gowork?.file.use.map((use) => path.resolve(base, use.path)) ?? []),
  ];
}

/** The go that may be asked, or why none may. */
export function runnableGo(input: RunnableInput): RunnableGo {
  const { root, environment, effective, candidates } = input;
  const { source } = environment.reading;
  if (root !== '/' || (source !== 'self' && source !== 'none'))
    return { why: 'the environment is that of another process', theirs: true };
  if (effective === undefined) return { why: 'the go that builds is not on this host', theirs: true };
  const [first] = candidates;
  if (first?.relative !== undefined)
    return {
      why: `the directory "${first.relative.entry}" of PATH, by which it is found, is another one in each folder`,
    };
  return checkProgram(effective.path, codeDirectories(input));
}
