/** The repository around a directory: what one commit, and so one pull request, may change. */
import path from 'node:path';
import { stampSync } from '../host/files.ts';

/** The nearest directory at or above that holds a `.git` (a folder, or the file of a worktree); undefined without one. */
export function repositoryOf(root: string, directory: string): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    if (stampSync({ root, path: path.join(here, '.git') }) !== undefined) return here;
    if (here === path.dirname(here)) return undefined;
  }
}
