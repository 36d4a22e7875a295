/**
 * Finds the version control systems that `go` detects around a directory (FromDir in
 * cmd/go/internal/vcs/vcs.go), by names alone.
 */
import path from 'node:path';
import type { StampingProblem, VersionControl } from '../../../drift/model.ts';
import { goMinor } from '../../../go/defaults.ts';
import { compareGoVersions } from '../../../go/version.ts';
import { entryAt } from '../../../host/tree.ts';
import type { Sources } from '../../environment/sources.ts';
import { gitDirectoryOf, isHidden } from './git-refusals.ts';

/** Directories and files by which `go` detects the other systems (vcsList). */
const otherSystems = ['.hg', '.svn', '.bzr', '.fslckout', '_FOSSIL_'];

/**
 * Returns the nearest directory, at or above, that a `go` of this minor version considers a git repository;
 * undefined if another system's comes first.
 */
export function repositoryAt(directory: string, minor: number): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    if (otherSystems.some((name) => entryAt(here, name) !== undefined)) return undefined;
    const git = entryAt(here, '.git')?.kind;
    // The `.git` file of a worktree or submodule counts only since Go 1.27.
    if (git === 'directory' || (git === 'file' && minor >= 27)) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/**
 * Reports whether `go` searches beyond the first system found: since 1.25, and in older releases with the fix
 * for CVE-2025-4674.
 */
function looksFurther(version: string): boolean {
  const minor = goMinor(version);
  if (minor >= 25) return true;
  const first = { 23: '1.23.11', 24: '1.24.5' }[minor];
  return first !== undefined && compareGoVersions(version, first) >= 0;
}

/**
 * Returns the systems of one directory, in go's order. A symlink does not count, so that nothing is revealed
 * about its target.
 */
function systemsIn({ code }: Sources, at: string, minor: number): readonly VersionControl[] {
  const kindOf = (name: string) => entryAt(at, name)?.kind;
  const worktree = () => {
    const named = minor >= 27 && kindOf('.git') === 'file' ? gitDirectoryOf(code, at) : undefined;
    return named !== undefined && !isHidden(code, at, named) && entryAt(named)?.kind === 'directory';
  };
  const marks: readonly (readonly [system: string, mark: string, there: boolean])[] = [
    ['hg', '.hg', kindOf('.hg') === 'directory'],
    ['git', '.git', kindOf('.git') === 'directory' || worktree()],
    ['svn', '.svn', kindOf('.svn') === 'directory'],
    ['bzr', '.bzr', minor < 27 && kindOf('.bzr') === 'directory'],
    ...['.fslckout', '_FOSSIL_'].map((mark) => ['fossil', mark, kindOf(mark) === 'file'] as const),
  ];
  return marks
    .filter(([, , there], index) => there && !(index === 5 && marks[4]?.[2] === true))
    .map(([system, mark]) => ({ system, at, mark }));
}

/**
 * Returns two systems around a directory, one of them the nearest. Go refuses that, whatever is on PATH,
 * unless GODEBUG allows it. A git repository within another one is accepted.
 */
export function severalSystems(
  sources: Sources,
  directory: string,
  version: string,
): StampingProblem | undefined {
  const godebug = sources.variables.get('GODEBUG')?.value ?? '';
  if (!looksFurther(version) || godebug.includes('allowmultiplevcs=1')) return undefined;
  let first: VersionControl | undefined;
  for (let here = directory; ; here = path.dirname(here)) {
    for (const found of systemsIn(sources, here, goMinor(version))) {
      first ??= found;
      if (found === first || (first.system === 'git' && found.system === 'git')) continue;
      return { why: 'several', directory: first.at, first, second: found };
    }
    if (here === path.dirname(here)) return undefined;
  }
}
