/**
 * Decides which repository a directory belongs to. A pull request controls what lies in the checkout,
 * including links and submodules. So the directory counts as it is named, and its repository is the one that
 * was checked out, not the nearest one behind a link (decision 0059).
 */

import path from 'node:path';
import { isWithin } from '../checked-program.ts';
import { lstatSync, realpathSync } from '../counted-fs.ts';
import { GitProblem, gitDirectoryAt, opened, type Repository } from './repository.ts';

/** A directory, and the context in which it was named. All paths are absolute, links unresolved. */
export interface Where {
  readonly directory: string;
  /** Working directory of the command. */
  readonly start: string;
  /** Directory of the checkout, as the CI system names it. */
  readonly checkout?: string;
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

function isLink(file: string): boolean {
  try {
    return lstatSync(file).isSymbolicLink();
  } catch {
    return false;
  }
}

/** A directory with a `.git`, and its git directory. */
interface Top {
  readonly top: string;
  readonly own: string;
}

/** Returns the repositories at and above a directory, by its name alone, nearest first. */
function topsAbove(directory: string): readonly Top[] {
  const tops: Top[] = [];
  for (let top = path.normalize(directory); ; top = path.dirname(top)) {
    const own = gitDirectoryAt(top);
    if (own !== undefined) tops.push({ top, own });
    if (top === path.dirname(top)) return tops;
  }
}

/** Reports whether one is a submodule of the other, at any depth (gitsubmodules(7)). */
function isSubmodule(inner: Top, outer: Top): boolean {
  const [own, outerOwn] = [realPath(inner.own), realPath(outer.own)];
  return own !== undefined && outerOwn !== undefined && isWithin(own, path.join(outerOwn, 'modules'));
}

/**
 * Returns the outermost repository that has the nearest one as a submodule, else the nearest. Throws
 * GitProblem if a symlink decides which is nearest.
 */
function outermost(tops: readonly Top[]): Top | undefined {
  const [nearest, ...others] = tops;
  if (nearest === undefined) return undefined;
  const whole = others.findLast((one) => isSubmodule(nearest, one));
  if (whole !== undefined) return whole;
  const [next] = others;
  for (let here = nearest.top; next !== undefined && here !== next.top; here = path.dirname(here))
    if (isLink(here))
      throw new GitProblem(
        `${here} is a link from one repository to another`,
        'name the directory behind the link, or that in the repository that is meant',
      );
  return nearest;
}

/**
 * Returns the repository that a directory was checked out with; `top` keeps the naming of `directory`. Throws
 * GitProblem if there is none.
 */
export function checkoutOf({ directory, start, checkout }: Where): Repository {
  const tops = topsAbove(directory);
  const ofCi =
    checkout === undefined ? undefined : tops.findLast(({ top }) => isWithin(top, path.normalize(checkout)));
  const outermostTop = outermost(topsAbove(start));
  const found = ofCi ?? tops.find(({ top }) => top === outermostTop?.top) ?? outermost(tops);
  if (found === undefined) throw new GitProblem('the workspace is in no git repository');
  return opened(found.top, found.own);
}

/**
 * Returns the repository nearest to a directory, links resolved: a submodule rather than the one around it.
 * Throws GitProblem if there is none.
 */
export function nearestTo(directory: string): Repository {
  const [nearest] = topsAbove(realPath(directory) ?? directory);
  if (nearest === undefined) throw new GitProblem('it is in no git repository');
  return opened(nearest.top, nearest.own);
}

/** Reports whether a repository is the obvious one: the nearest to the directory with links resolved. */
export function isObvious({ top }: Repository, directory: string): boolean {
  const real = realPath(directory);
  const [nearest] = real === undefined ? [] : topsAbove(real);
  return nearest !== undefined && nearest.top === realPath(top);
}
