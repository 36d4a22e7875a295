/** What git has begun in a working tree and not ended: until then its files are neither what HEAD says nor anybody's last word. */
import path from 'node:path';
import { isThere } from '../counted-fs.ts';
import { checkoutOf, type Where } from './checkout.ts';
import { GitProblem, type Repository } from './repository.ts';

/** By the names that git-merge(1) and its kin leave in the git directory of the working tree while they go on. */
const signs: Readonly<Record<string, string>> = {
  // git writes the files first and HEAD last.
  'index.lock': 'a git command',
  MERGE_HEAD: 'a merge',
  'rebase-merge': 'a rebase',
  'rebase-apply': 'a rebase',
  CHERRY_PICK_HEAD: 'a cherry-pick',
  REVERT_HEAD: 'a revert',
};

/** What git has begun in a working tree. */
export interface UnderWay {
  readonly what: string;
  /** The file that says so. */
  readonly file: string;
}

/** What goes on in the working tree of a repository; undefined where nothing does. */
export function underWayIn({ own }: Repository): UnderWay | undefined {
  const found = Object.entries(signs).find(([name]) => isThere(path.join(own, name)));
  return found === undefined ? undefined : { what: found[1], file: path.join(own, found[0]) };
}

/** What goes on in the repository that a directory is checked out with; undefined where nothing does, or there is no repository. */
export function gitUnderWay(where: Where): UnderWay | undefined {
  try {
    return underWayIn(checkoutOf(where));
  } catch (error) {
    if (error instanceof GitProblem) return undefined;
    throw error;
  }
}
