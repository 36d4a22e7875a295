/**
 * The code that is looked at, which is what one pull request may change: the workspace and the repository around it. A file of it that is a
 * link to somewhere else would show words of a host's file to whoever reads a report, so such links are not followed (decision 0036).
 */
import path from 'node:path';
import { isWithin } from '../host/checked-program.ts';
import { stampOf } from '../host/files.ts';
import { insidePathOf } from '../host/tree.ts';

/** The nearest directory at or above that holds a `.git` (a folder, or the file of a worktree); undefined without one. */
export function repositoryOf(root: string, directory: string): string | undefined {
  for (let here = directory; ; here = path.dirname(here)) {
    if (stampOf({ root, path: path.join(here, '.git') }) !== undefined) return here;
    if (here === path.dirname(here)) return undefined;
  }
}

/** The directories of the code, as they are called and as they are when links are resolved. */
export interface Code {
  readonly root: string;
  readonly directories: readonly string[];
  readonly real: readonly string[];
}

/**
 * The code of a workspace (`''`: there is none). A home that is a repository itself, as people do who keep their settings under version
 * control, is no part of it: it holds the user's own programs and secrets.
 */
export function codeOf(root: string, workspace: string, home: string): Code {
  if (workspace === '') return { root, directories: [], real: [] };
  const repository = repositoryOf(root, workspace);
  const whole = repository !== undefined && (home === '' || !isWithin(home, repository));
  const directories = [...new Set([workspace, ...(whole ? [repository] : [])])];
  return {
    root,
    directories,
    real: directories.map((one) => insidePathOf({ root, path: one }) ?? one),
  };
}

/**
 * Whether a file of the code is, or is reached by, a link out of it. Of a file that lies elsewhere anyway (go.work of a parent, a version
 * file of the home) its own directory counts. An absent one leads nowhere.
 */
export function leadsOut(code: Code, file: string): boolean {
  const real = insidePathOf({ root: code.root, path: file });
  return real !== undefined && isOutside(code, file, real);
}

/** {@link leadsOut} of a file that was opened, with the path at which that very file is: a link that is exchanged meanwhile changes nothing. */
export function isOutside(code: Code, file: string, real: string): boolean {
  const { root } = code;
  if (code.directories.some((one) => isWithin(file, one)))
    return !code.real.some((one) => isWithin(real, one));
  const directory = path.dirname(file);
  return !isWithin(real, insidePathOf({ root, path: directory }) ?? directory);
}
