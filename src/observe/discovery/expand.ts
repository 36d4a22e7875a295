/**
 * What patterns find on this host. Bounded, whatever the tree is: no link below the fixed part is followed (so no loop, and no way out), a
 * directory is read with the rights of whoever owns it, and so many names are looked at and no more. What is left out is said.
 */
import path from 'node:path';
import { committedFile } from '../../drift/committed.ts';
import { shownName } from '../../host/byte-names.ts';
import { type Credentials, credentialsOfUser } from '../../host/credentials.ts';
import { readNames, realPathOf, rightsAt, stampOf } from '../../host/files.ts';
import { ownUid } from '../../host/machine.ts';
import { rightsOfPath } from '../../host/path-owner.ts';
import { readAs } from '../../host/reader.ts';
import { statSync } from '../../host/root.ts';
import { everyName } from '../../host/watch.ts';
import type { Expansion, FoundPath, Incomplete, TargetEntry } from './entries.ts';
import { anyDepth, isPassedOver, matchesName, type PathPattern } from './pattern.ts';

/** Names that are looked at for one pattern; a host with as many workspaces has other troubles. */
export const nameLimit = 20_000;
/** Levels of directories that `**` goes down. */
export const depthLimit = 8;
/** Directories that are watched for what comes and goes; of the others the periodic look tells. */
const watchLimit = 500;

const directoryKind = 0o040000;
const fileKind = 0o100000;
const kindMask = 0o170000;

interface Walk {
  readonly pattern: PathPattern;
  readonly wants: 'workspace' | 'go';
  /** Whether a directory without files of Go is a target all the same. */
  readonly isKnown: (found: FoundPath) => boolean;
  readonly found: Map<string, FoundPath>;
  readonly incomplete: Incomplete[];
  /** Files whose coming or going may change what is found, in the form of host/watch.ts. */
  readonly watch: string[];
  names: number;
}

interface Here extends FoundPath {
  /** Whose rights count: of the least trusted on the way. */
  readonly who: Credentials;
  readonly level: number;
}

function ownerOf(uid: number, above: Credentials): Credentials {
  return above !== 'own' || uid === 0 || uid === ownUid ? above : credentialsOfUser(uid);
}

/** The entry of that name in a directory, when it is of the wanted kind and no link. */
function below(here: Here, name: string, kind: number): Here | undefined {
  const file = path.join(here.path, name);
  const rights = readAs(here.who, () => rightsAt({ root: '/', path: file }));
  if (rights === undefined || (rights.mode & kindMask) !== kind) return undefined;
  return {
    path: file,
    real: path.join(here.real, name),
    below: [...here.below, shownName(name)],
    who: ownerOf(rights.uid, here.who),
    level: here.level + 1,
  };
}

const moduleFiles = ['go.mod', 'go.work'];

/** A file that is there and has something in it: before a command writes a baseline, the shell has made the file, and it is empty. */
function holds(here: Here, name: string): boolean {
  const stamp = readAs(here.who, () => stampOf({ root: '/', path: path.join(here.path, name) }));
  return stamp !== undefined && !stamp.directory && (name !== committedFile || stamp.size > 0);
}

/** Whether names can be looked up in a directory at all. */
function isSearchable(here: Here): boolean {
  return readAs(here.who, () => stampOf({ root: '/', path: `${here.path}/.` })) !== undefined;
}

function take({ found, wants, isKnown, watch, incomplete }: Walk, here: Here): void {
  const { path: file, real, below: parts } = here;
  const one = { path: file, real, below: parts };
  if (wants === 'workspace') {
    watch.push(...moduleFiles.map((name) => path.join(file, name)));
    if (![...moduleFiles, committedFile].some((name) => holds(here, name)) && !isKnown(one)) {
      if (!isSearchable(here)) incomplete.push({ directory: file, reason: 'unreadable' });
      return;
    }
  }
  found.set(file, one);
}

/** The names in a directory, as far as they may still be looked at. */
function namesIn(walk: Walk, here: Here): readonly string[] {
  walk.watch.push(path.join(here.path, everyName));
  const names = readAs(here.who, () => readNames({ root: '/', path: here.path }));
  if (names === undefined) {
    walk.incomplete.push({ directory: here.path, reason: 'unreadable' });
    return [];
  }
  const room = nameLimit - walk.names;
  if (names.length > room) walk.incomplete.push({ directory: here.path, reason: 'names' });
  walk.names += Math.min(names.length, room);
  return names.slice(0, room);
}

/** Goes on below a directory, by the components from `index` on. */
function descend(walk: Walk, here: Here, index: number): void {
  const component = walk.pattern.rest[index];
  if (component === undefined) {
    take(walk, here);
    return;
  }
  if (component === anyDepth) {
    descend(walk, here, index + 1);
    // The modules of a go.work are parts of it.
    if (here.level >= depthLimit || (walk.wants === 'workspace' && holds(here, 'go.work'))) return;
    for (const name of namesIn(walk, here)) {
      const next = isPassedOver(name) ? undefined : below(here, name, directoryKind);
      if (next !== undefined) descend(walk, next, index);
    }
    return;
  }
  const last = index === walk.pattern.rest.length - 1;
  const kind = last && walk.wants === 'go' ? fileKind : directoryKind;
  const names = /[*?]/.test(component)
    ? namesIn(walk, here).filter((name) => matchesName(component, name))
    : [component];
  for (const name of names) {
    const next = below(here, name, kind);
    if (next !== undefined) descend(walk, next, index + 1);
  }
}

/** The rights by which a directory is read: those of nobody where the way to it cannot be seen. */
function rightsOf(directory: string): Credentials {
  try {
    return rightsOfPath(directory);
  } catch {
    return credentialsOfUser(-1);
  }
}

interface Found {
  readonly found: readonly FoundPath[];
  readonly incomplete: readonly Incomplete[];
  readonly watch: readonly string[];
}

/** Whether the system says that nothing stands there; what is kept from this process may be there. */
function isAbsent(file: string): boolean {
  try {
    return statSync(file) === undefined;
  } catch {
    return false;
  }
}

/** What one pattern finds, sorted. */
function expandPattern(
  pattern: PathPattern,
  wants: Walk['wants'],
  isKnown: Walk['isKnown'] = () => false,
): Found {
  const walk: Walk = { pattern, wants, isKnown, found: new Map(), incomplete: [], watch: [], names: 0 };
  // The fixed part is the operator's: its links are followed, once.
  const real = realPathOf({ root: '/', path: pattern.fixed });
  if (real === undefined) {
    const incomplete: readonly Incomplete[] = isAbsent(pattern.fixed)
      ? []
      : [{ directory: pattern.fixed, reason: 'unreadable' }];
    return { found: [], incomplete, watch: [pattern.fixed] };
  }
  descend(walk, { path: pattern.fixed, real, below: [], who: rightsOf(real), level: 0 }, 0);
  const { incomplete, watch } = walk;
  const found = [...walk.found.values()].sort((a, b) => (a.path < b.path ? -1 : 1));
  return { found, incomplete, watch };
}

function literal(file: string): FoundPath {
  return { path: file, real: file, below: file.split('/').filter(Boolean).map(shownName) };
}

/** What was found for the entries, in their order, and the files whose change may change it. */
export interface Expanded {
  readonly expansions: readonly Expansion[];
  readonly watch: readonly string[];
}

/**
 * Expands entries. `isKnown` says whether a directory that lost its go.mod has a baseline under a name that the entry gives it: then it stays, and
 * is compared with what it was (decision 0052).
 */
export function expandEntries(
  entries: readonly TargetEntry[],
  isKnown: (entry: TargetEntry, found: FoundPath, gos: readonly FoundPath[]) => boolean,
): Expanded {
  const watch: string[] = [];
  const expansions = entries.map((entry): Expansion => {
    const incomplete: Incomplete[] = [];
    const keep = (one: Found) => {
      watch.push(...one.watch);
      incomplete.push(...one.incomplete);
      return one.found;
    };
    const gos = (entry.go ?? []).flatMap((go) =>
      typeof go === 'string' ? [literal(go)] : keep(expandPattern(go, 'go')),
    );
    const each = [...new Map(gos.map((go) => [go.path, go])).values()];
    const workspaces =
      typeof entry.workspace === 'string'
        ? [{ ...literal(entry.workspace), below: [] }]
        : keep(expandPattern(entry.workspace, 'workspace', (found) => isKnown(entry, found, each)));
    return { workspaces, gos: each, incomplete };
  });
  return { expansions, watch: watchable(watch) };
}

/** As many as may be watched: directories whose names matter first, for there what is new appears. */
function watchable(files: readonly string[]): readonly string[] {
  const every = (file: string) => (path.basename(file) === everyName ? 0 : 1);
  const directories = new Set<string>();
  return [...files]
    .sort((a, b) => every(a) - every(b))
    .filter((file) => {
      directories.add(path.dirname(file));
      return directories.size <= watchLimit;
    });
}
