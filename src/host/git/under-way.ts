/**
 * Detects an unfinished git operation in a working tree: until it ends, the files match neither HEAD nor what
 * the user wants.
 */
import path from 'node:path';
import { isThere } from '../counted-fs.ts';
import { checkoutOf, type Where } from './checkout.ts';
import { GitProblem, type Repository } from './repository.ts';

/**
 * Files that git-merge(1) and similar commands keep in the working tree's git directory until they finish.
 */
const signs: Readonly<Record<string, string>> = {
  // git writes the files first and HEAD last.
  'index.lock': 'a git command',
  MERGE_HEAD: 'a merge',
  'rebase-merge': 'a rebase',
  'rebase-apply': 'a rebase',
  CHERRY_PICK_HEAD: 'a cherry-pick',
  REVERT_HEAD: 'a revert',
};

/** An unfinished git operation. */
export interface UnderWay {
  readonly what: string;
  /** The file that shows it. */
  readonly file: string;
}

/** Returns the unfinished operation of a repository's working tree, if any. */
export function underWayIn({ own }: Repository): UnderWay | undefined {
  const found = Object.entries(signs).find(([name]) => isThere(path.join(own, name)));
  return found === undefined ? undefined : { what: found[1], file: path.join(own, found[0]) };
}

/**
 * Returns the unfinished operation in the repository of a directory; undefined without one, or without a
 * repository.
 */
export function gitUnderWay(where: Where): UnderWay | undefined {
  try {
    return underWayIn(checkoutOf(where));
  } catch (error) {
    if (error instanceof GitProblem) return undefined;
    throw error;
  }
}
