/**
 * Finds the build cache and determines whether `go` can use it, with stat(2), access(2) and statfs(2).
 * Nothing is written.
 */
import { basename, dirname } from 'node:path';
import type { CachePlace } from '../../../drift/facets/cache.ts';
import { splitQuoted } from '../../../go/goflags.ts';
import { errorCode } from '../../../host/errors.ts';
import { pathOf, resolveRootedPath } from '../../../host/files.ts';
import type { Machine } from '../../../host/machine.ts';
import { mayReach, mayRead, readerIds, readerUid } from '../../../host/reader.ts';
import { hasRoomFor, isReadOnly, readDirectoryFacts, type WriterFacts } from '../../../host/space.ts';
import { isWorkspaceReadOnly } from '../../environment/read-only-workspace.ts';
import type { Sources } from '../../environment/sources.ts';
import type { CacheDirectory } from './audit.ts';
import { cacheProgramOf } from './program.ts';
import { type Builder, mayWrite, prefixes } from './scan.ts';

/** The location of a target's cache; `directory` is set if it can be audited. */
export interface FoundCache {
  /** The path as `go` reports it. */
  readonly path: string;
  readonly place: CachePlace;
  readonly builder: Builder;
  readonly directory?: CacheDirectory;
}

/** Free space that a build needs at once. */
const leastFreeBytes = 1024 * 1024;

/** Returns the name of the program that serves as the cache instead of a directory. */
function externalProgram(sources: Sources): string | undefined {
  const program = cacheProgramOf(sources);
  if (program === undefined) return undefined;
  const split = splitQuoted(program);
  const fields = 'problem' in split ? program.trim().split(/\s+/) : split.fields;
  return basename(fields[0] ?? '');
}

/**
 * Returns the user who builds: the one of the environment, otherwise the current user, or, if that is root,
 * the owner of the directory.
 */
function builderOf({ uid, gids }: Machine, owner: number | undefined): Builder {
  const other = readerIds();
  if (other !== undefined) return other;
  if (uid !== 0) return { uid, gids };
  // The directory was named by another user who may not reach it, so its owner is irrelevant.
  if (owner === undefined) return { uid: readerUid() ?? 0, gids: [] };
  return { uid: owner, gids: [] };
}

/**
 * Reports whether the builder may write. If the facts were read with another user's credentials, they hold
 * for that user.
 */
const writes = (facts: WriterFacts, builder: Builder, ownUid: number) =>
  builder.uid === ownUid || readerIds() !== undefined ? facts.writable : mayWrite(facts, builder);

/**
 * Reports whether all subdirectories for outputs exist and are writable: apart from trim.txt, `go` creates
 * nothing beside them.
 */
function hasFoldersFor(real: string, builder: Builder, ownUid: number): boolean {
  for (const prefix of prefixes) {
    const facts = readDirectoryFacts(`${real}/${prefix}`);
    if (facts === undefined || !facts.directory || !writes(facts, builder, ownUid)) return false;
  }
  return true;
}

/** Determines the state of an existing path. */
function placeOf(real: string, builder: Builder, { machine, aside }: Where): CachePlace {
  const ownUid = machine.uid;
  const facts = readDirectoryFacts(real);
  if (facts === undefined) return { state: 'absent' };
  if (!facts.directory) return { state: 'not-directory', why: `${real} is not a directory` };
  if (isReadOnly(facts, aside)) return { state: 'read-only', why: `${real} lies on a read-only file system` };
  if (!writes(facts, builder, ownUid) && !hasFoldersFor(real, builder, ownUid))
    return facts.uid === builder.uid
      ? { state: 'denied', why: `the mode of ${real} does not let its owner write into it`, barred: 'mode' }
      : {
          state: 'denied',
          why: `${real} belongs to uid ${facts.uid}, and uid ${builder.uid} may not write into it`,
          owner: facts.uid,
        };
  if (!hasRoomFor(real, leastFreeBytes)) return { state: 'full', why: `the disk of ${real} is full` };
  return { state: 'usable' };
}

/** Returns the nearest existing directory above; `go` creates missing directories below it. */
function nearest(file: string): string {
  for (let here = dirname(file); ; here = dirname(here)) {
    if (readDirectoryFacts(here) !== undefined || here === dirname(here)) return here;
  }
}

/** Finds the cache of a target; undefined if there is no `go` to say where it is. */
export function findCache(sources: Sources): FoundCache | undefined {
  const variable = sources.variables.get('GOCACHE');
  if (variable === undefined) return undefined;
  const { value: path, written, origin } = variable;
  const builder = builderOf(sources.machine, undefined);
  // `go env` reports `off` for a relative path too.
  if (path === 'off') {
    const why =
      origin.kind === 'default'
        ? 'GOCACHE is not set, and go finds no place for its default'
        : `GOCACHE is ${written === undefined ? 'off' : `${written}, not an absolute path`}`;
    return { path: written ?? path, builder, place: { state: 'off', why } };
  }
  const program = externalProgram(sources);
  if (program !== undefined) return { path, builder, place: { state: 'external', program } };
  return findDirectory(
    { root: sources.root, machine: sources.machine, aside: isWorkspaceReadOnly(sources) },
    path,
  );
}

/** Examines a cache directory named by the user, regardless of any target. */
export function findNamedCache(path: string, machine: Machine): FoundCache {
  return findDirectory({ root: '/', machine, aside: false }, path);
}

interface Where extends Pick<Sources, 'root' | 'machine'> {
  /** Ignore the fact that a mount is read-only for this process. */
  readonly aside: boolean;
}

function barred(configured: string, builder: Builder, code: string): FoundCache {
  const why = `${configured} cannot be reached (${code})`;
  return { path: configured, builder, place: { state: 'denied', why, barred: 'above' } };
}

/** Reports whether the current reader may list the directory and each of its existing subdirectories. */
function mayList(real: string): boolean {
  if (readerUid() === undefined) return true;
  return [real, ...prefixes.map((prefix) => `${real}/${prefix}`)].every(
    (one) => readDirectoryFacts(one) === undefined || mayRead(one),
  );
}

function findDirectory(where: Where, configured: string): FoundCache {
  const { root, machine } = where;
  const nobody = builderOf(machine, undefined);
  let real: string;
  try {
    real = resolveRootedPath({ root, path: configured });
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return absentCache(where, configured, nobody);
    nearest(pathOf({ root, path: configured })); // records in the read trace where the path ends, so that a change there is noticed
    return barred(configured, nobody, errorCode(error));
  }
  // Audits run with godrift's own credentials, so results are withheld from users who may not list the
  // directory.
  if (!mayList(real)) return barred(configured, nobody, 'EACCES');
  const facts = readDirectoryFacts(real);
  const builder = builderOf(machine, facts?.uid);
  const place = placeOf(real, builder, where);
  const seen = facts?.directory === true ? { directory: { path: real, identity: facts.identity } } : {};
  return { path: configured, builder, place, ...seen };
}

/**
 * Returns the state of an absent cache. That is fine if `go` may create it; a dangling symlink always fails.
 */
function absentCache(where: Where, configured: string, builder: Builder): FoundCache {
  const inRoot = pathOf({ root: where.root, path: configured });
  const link = readDirectoryFacts(inRoot, { follow: false });
  if (link !== undefined)
    return {
      path: configured,
      builder,
      place: { state: 'dangling', why: `${configured} is a dangling symlink` },
    };
  const parent = nearest(inRoot);
  // Reports access by looking up a name in the parent.
  if (!mayReach(`${parent}/.`)) return barred(configured, builder, 'EACCES');
  const above = placeOf(parent, builder, where);
  if (above.state === 'usable') return { path: configured, builder, place: { state: 'absent' } };
  return {
    path: configured,
    builder,
    place: above.state === 'denied' ? { ...above, barred: 'absent' } : above,
  };
}
