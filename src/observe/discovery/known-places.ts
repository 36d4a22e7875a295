/**
 * Workspaces that are observed, or were when the exporter ended, are looked at by their paths before anything is looked through: however many
 * names others make, they keep their places. What cannot be looked at is taken for what it was.
 */
import path from 'node:path';
import { shownName } from '../../host/byte-names.ts';
import { rightsAt } from '../../host/files.ts';
import { readAs } from '../../host/reader.ts';
import { statSync } from '../../host/root.ts';
import { anyDepth, matchesPath } from './pattern.ts';
import { below, depthLimit, type Here, holds, leave, take, type Walk } from './walk.ts';

/** Whether the system says that nothing stands there; what is kept from this process may be there. */
export function isAbsent(file: string): boolean {
  try {
    return statSync(file) === undefined;
  } catch {
    return false;
  }
}

/** Takes of these paths those that the pattern matches and that are there. */
export function takeKnown(walk: Walk, top: Here, known: readonly string[]): void {
  const start = top.path === '/' ? '/' : `${top.path}/`;
  const seen = new Map<string, Here | 'gone' | 'hidden'>();
  for (const file of known) {
    const names = file.startsWith(start) ? file.slice(start.length).split('/') : [];
    if (names.length > 0 && matchesPath(walk.pattern.rest, names, depthLimit))
      takeOne(walk, top, names, seen);
  }
}

function takeOne(
  walk: Walk,
  top: Here,
  names: readonly string[],
  seen: Map<string, Here | 'gone' | 'hidden'>,
): void {
  const { rest } = walk.pattern;
  const any = rest.indexOf(anyDepth);
  // Directories in which `**` goes on: the modules of a go.work are parts of it.
  const isWithin = (level: number) =>
    any >= 0 && level >= any && level < names.length - (rest.length - any - 1);
  let here = top;
  for (const name of names) {
    if (isWithin(here.level) && holds(here, 'go.work')) return;
    const file = path.join(here.path, name);
    const next = seen.get(file) ?? lookAt(here, name);
    seen.set(file, next);
    if (next === 'gone') return;
    if (next === 'hidden') {
      keep(walk, top, names, here.path);
      return;
    }
    here = next;
  }
  if (take(walk, here) === 'hidden') keep(walk, top, names, here.path);
}

function lookAt(here: Here, name: string): Here | 'gone' | 'hidden' {
  const next = below(here, name, 'directory');
  if (next !== undefined) return next;
  const file = path.join(here.path, name);
  const isThere = readAs(here.who, () => rightsAt({ root: '/', path: file })) !== undefined;
  return isThere || isAbsent(file) ? 'gone' : 'hidden';
}

function keep(walk: Walk, top: Here, names: readonly string[], closed: string): void {
  const file = path.join(top.path, ...names);
  walk.found.set(file, { path: file, real: path.join(top.real, ...names), below: names.map(shownName) });
  if (!walk.incomplete.some(({ directory }) => directory === closed)) leave(walk, closed, 'unreadable');
}
