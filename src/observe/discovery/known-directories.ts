/**
 * Examines, by their paths, the workspaces that are observed or were when the exporter ended, before the
 * trees are searched: they keep their places however many directories others create. A workspace that cannot
 * be examined is taken to be unchanged.
 */
import path from 'node:path';
import { shownName } from '../../host/byte-names.ts';
import { realPathOf, rightsAt } from '../../host/files.ts';
import { readAs } from '../../host/reader.ts';
import { statSync } from '../../host/root.ts';
import { anyDepth, matchesPath } from './pattern.ts';
import { childEntry, depthLimit, hasFile, leaveOnce, take, type Visited, type Walk } from './walk.ts';

/** Reports whether the system says that a path does not exist; an inaccessible path may exist. */
export function isAbsent(file: string): boolean {
  try {
    return statSync(file) === undefined;
  } catch {
    return false;
  }
}

/** Returns the name components below the fixed directory of the paths that match the pattern. */
function matching({ pattern }: Walk, known: readonly string[]): readonly (readonly string[])[] {
  const start = pattern.fixed === '/' ? '/' : `${pattern.fixed}/`;
  return known
    .filter((file) => file.startsWith(start))
    .map((file) => file.slice(start.length).split('/'))
    .filter((names) => matchesPath(pattern.rest, names, depthLimit));
}

/** Takes the paths that match the pattern and exist. */
export function takeKnown(walk: Walk, top: Visited, known: readonly string[]): void {
  const seen = new Map<string, Visited | 'gone' | 'hidden'>();
  for (const names of matching(walk, known))
    if (takeOne(walk, top, names, seen) === 'gone') walk.gone.push(path.join(top.path, ...names));
}

/** Returns the probable real path of a file: components that cannot be examined are taken literally. */
function likelyReal(file: string): string {
  for (let here = file; here !== '/'; here = path.dirname(here)) {
    const real = realPathOf({ root: '/', path: here });
    if (real !== undefined) return path.join(real, path.relative(here, file));
  }
  return file;
}

/** Takes all paths that match the pattern, if the fixed directory itself cannot be examined. */
export function takeAllKnown(walk: Walk, known: readonly string[]): void {
  const { fixed } = walk.pattern;
  const top = { path: fixed, real: likelyReal(fixed) };
  for (const names of matching(walk, known)) keep(walk, top, names, fixed);
  leaveOnce(walk, fixed, 'unreadable');
}

/** Takes one path; `gone` if it was examined and is no target. */
function takeOne(
  walk: Walk,
  top: Visited,
  names: readonly string[],
  seen: Map<string, Visited | 'gone' | 'hidden'>,
): 'gone' | 'taken' {
  const { rest } = walk.pattern;
  const any = rest.indexOf(anyDepth);
  // Reports whether `**` continues at this level; there, the modules of a go.work are parts of its workspace.
  const isWithin = (level: number) =>
    any >= 0 && level >= any && level < names.length - (rest.length - any - 1);
  let here = top;
  for (const name of names) {
    if (isWithin(here.level) && hasFile(here, 'go.work')) return 'gone';
    const file = path.join(here.path, name);
    const next = seen.get(file) ?? lookAt(walk, here, name);
    seen.set(file, next);
    if (next === 'gone') return 'gone';
    if (next === 'hidden') {
      keep(walk, top, names, here.path);
      return 'taken';
    }
    here = next;
  }
  const taken = take(walk, here);
  if (taken === 'hidden') keep(walk, top, names, here.path);
  return taken === 'none' ? 'gone' : 'taken';
}

function lookAt(walk: Walk, here: Visited, name: string): Visited | 'gone' | 'hidden' {
  const next = childEntry(walk, here, name, 'directory');
  if (next !== undefined) return next;
  const file = path.join(here.path, name);
  const isThere = readAs(here.who, () => rightsAt({ root: '/', path: file })) !== undefined;
  return isThere || isAbsent(file) ? 'gone' : 'hidden';
}

function keep(
  walk: Walk,
  top: Pick<Visited, 'path' | 'real'>,
  names: readonly string[],
  closed: string,
): void {
  const file = path.join(top.path, ...names);
  const real = path.join(top.real, ...names);
  walk.found.set(file, { path: file, real, below: names.map(shownName), kept: true });
  leaveOnce(walk, closed, 'unreadable');
}
