/**
 * Workspaces that are observed, or were when the exporter ended, are looked at by their paths before anything is looked through: however many
 * names others make, they keep their places. What cannot be looked at is taken for what it was.
 */
import path from 'node:path';
import { shownName } from '../../host/byte-names.ts';
import { realPathOf, rightsAt } from '../../host/files.ts';
import { readAs } from '../../host/reader.ts';
import { statSync } from '../../host/root.ts';
import { anyDepth, matchesPath } from './pattern.ts';
import { below, depthLimit, type Here, holds, leaveOnce, take, type Walk } from './walk.ts';

/** Whether the system says that nothing stands there; what is kept from this process may be there. */
export function isAbsent(file: string): boolean {
  try {
    return statSync(file) === undefined;
  } catch {
    return false;
  }
}

/** The names below the fixed directory of those paths that the pattern matches. */
function matching({ pattern }: Walk, known: readonly string[]): readonly (readonly string[])[] {
  const start = pattern.fixed === '/' ? '/' : `${pattern.fixed}/`;
  return known
    .filter((file) => file.startsWith(start))
    .map((file) => file.slice(start.length).split('/'))
    .filter((names) => matchesPath(pattern.rest, names, depthLimit));
}

/** Takes of these paths those that the pattern matches and that are there. */
export function readKnown(walk: Walk, top: Here, known: readonly string[]): void {
  const seen = new Map<string, Here | 'gone' | 'hidden'>();
  for (const names of matching(walk, known))
    if (takeOne(walk, top, names, seen) === 'gone') walk.gone.push(path.join(top.path, ...names));
}

/** Where a path leads as far as anybody can tell: of what cannot be looked at its names are taken for what they say. */
function likelyReal(file: string): string {
  for (let here = file; here !== '/'; here = path.dirname(here)) {
    const real = realPathOf({ root: '/', path: here });
    if (real !== undefined) return path.join(real, path.relative(here, file));
  }
  return file;
}

/** Takes all of these paths that the pattern matches, where the fixed directory itself cannot be looked at. */
export function saveKnown(walk: Walk, known: readonly string[]): void {
  const { fixed } = walk.pattern;
  const top = { path: fixed, real: likelyReal(fixed) };
  for (const names of matching(walk, known)) keep(walk, top, names, fixed);
  leaveOnce(walk, fixed, 'unreadable');
}

/** Takes one path; `gone` where no target stands there, which was seen. */
function takeOne(
  walk: Walk,
  top: Here,
  names: readonly string[],
  seen: Map<string, Here | 'gone' | 'hidden'>,
): 'gone' | 'taken' {
  const { rest } = walk.pattern;
  const any = rest.indexOf(anyDepth);
  // Directories in which `**` goes on: the modules of a go.work are parts of it.
  const isWithin = (level: number) =>
    any >= 0 && level >= any && level < names.length - (rest.length - any - 1);
  let here = top;
  for (const name of names) {
    if (isWithin(here.level) && holds(here, 'go.work')) return 'gone';
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

function lookAt(walk: Walk, here: Here, name: string): Here | 'gone' | 'hidden' {
  const next = below(walk, here, name, 'directory');
  if (next !== undefined) return next;
  const file = path.join(here.path, name);
  const isThere = readAs(here.who, () => rightsAt({ root: '/', path: file })) !== undefined;
  return isThere || isAbsent(file) ? 'gone' : 'hidden';
}

function keep(walk: Walk, top: Pick<Here, 'path' | 'real'>, names: readonly string[], closed: string): void {
  const file = path.join(top.path, ...names);
  const real = path.join(top.real, ...names);
  walk.found.set(file, { path: file, real, below: names.map(shownName), kept: true });
  leaveOnce(walk, closed, 'unreadable');
}
