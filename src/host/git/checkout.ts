/**
 * Which repository says what is allowed in a directory. A pull request writes what lies in the checkout, links and submodules too; so the directory
 * counts as it is named, and the repository is the one that was checked out, not the nearest one behind the name (decision 0059).
 */

import path from 'node:path';
import { isWithin } from '../checked-program.ts';
import { lstatSync, realpathSync } from '../counted-fs.ts';
import { GitProblem, gitDirectoryAt, opened, type Repository } from './repository.ts';

/** A directory and where the question is asked. All are absolute, links in them not resolved. */
export interface Where {
  readonly directory: string;
  /** Where the command stands. */
  readonly start: string;
  /** The directory of the checkout, as a CI system names it. */
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

/** A directory that is named like a repository's top, and its git directory. */
interface Top {
  readonly top: string;
  readonly own: string;
}

/** Those at and above a directory, by its name alone, the nearest first. */
function topsAbove(directory: string): readonly Top[] {
  const tops: Top[] = [];
  for (let top = path.normalize(directory); ; top = path.dirname(top)) {
    const own = gitDirectoryAt(top);
    if (own !== undefined) tops.push({ top, own });
    if (top === path.dirname(top)) return tops;
  }
}

/** Whether one is a submodule of the other, at any depth (gitsubmodules(7)). */
function isSubmodule(inner: Top, outer: Top): boolean {
  const [own, outerOwn] = [realPath(inner.own), realPath(outer.own)];
  return own !== undefined && outerOwn !== undefined && isWithin(own, path.join(outerOwn, 'modules'));
}

/** The nearest one, or the outermost that has it as a submodule. Throws GitProblem where a link decides which one is nearest. */
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

/** The repository that a directory is checked out with; its `top` is named as the directory is. Throws GitProblem without one. */
export function checkoutOf({ directory, start, checkout }: Where): Repository {
  const tops = topsAbove(directory);
  const ofCi =
    checkout === undefined ? undefined : tops.findLast(({ top }) => isWithin(top, path.normalize(checkout)));
  const outermostTop = outermost(topsAbove(start));
  const found = ofCi ?? tops.find(({ top }) => top === outermostTop?.top) ?? outermost(tops);
  if (found === undefined) throw new GitProblem('the workspace is in no git repository');
  return opened(found.top, found.own);
}

/** The nearest repository to a directory, links in its name resolved: that of a submodule rather than the one around it. Throws GitProblem without one. */
export function nearestTo(directory: string): Repository {
  const [nearest] = topsAbove(realPath(directory) ?? directory);
  if (nearest === undefined) throw new GitProblem('it is in no git repository');
  return opened(nearest.top, nearest.own);
}

/** Whether a repository is the one that anybody would take, the nearest to the directory behind the name. */
export function isObvious({ top }: Repository, directory: string): boolean {
  const real = realPath(directory);
  const [nearest] = real === undefined ? [] : topsAbove(real);
  return nearest !== undefined && nearest.top === realPath(top);
}
