/** Where GOCACHE leads, and whether go can use it there; asked with stat(2), access(2) and statfs(2), nothing is written. */
import { basename, dirname } from 'node:path';
import type { CachePlace } from '../../../drift/facets/cache.ts';
import { splitQuoted } from '../../../go/goflags.ts';
import { errorCode } from '../../../host/errors.ts';
import { pathOf, resolveRootedPath } from '../../../host/files.ts';
import type { Machine } from '../../../host/machine.ts';
import { mayReach, mayRead, readerIds, readerUid } from '../../../host/reader.ts';
import { hasRoomFor, isReadOnly, readDirectoryFacts, type WriterFacts } from '../../../host/space.ts';
import { looksOn } from '../../environment/own-mounts.ts';
import type { Sources } from '../../environment/sources.ts';
import type { CacheDirectory } from './audit.ts';
import { cacheProgramOf } from './program.ts';
import { type Builder, mayWrite, prefixes } from './scan.ts';

/** What GOCACHE is for a target. `directory` where there is one that can be audited. */
export interface FoundCache {
  /** As go has it. */
  readonly path: string;
  readonly place: CachePlace;
  readonly builder: Builder;
  readonly directory?: CacheDirectory;
}

/** A build writes that much at once. */
const leastFreeBytes = 1024 * 1024;

/** The name of the program that holds the cache in place of the directory. */
function externalProgram(sources: Sources): string | undefined {
  const program = cacheProgramOf(sources);
  if (program === undefined) return undefined;
  const split = splitQuoted(program);
  const fields = 'problem' in split ? program.trim().split(/\s+/) : split.fields;
  return basename(fields[0] ?? '');
}

/** Who builds: whose environment it is, else this user, or, where root looks, the owner of the directory. */
function builderOf({ uid, gids }: Machine, owner: number | undefined): Builder {
  const other = readerIds();
  if (other !== undefined) return other;
  if (uid !== 0) return { uid, gids };
  // A directory that somebody else names and may not reach has no owner for that one.
  if (owner === undefined) return { uid: readerUid() ?? 0, gids: [] };
  return { uid: owner, gids: [] };
}

/** What was read with the rights of another one was asked for that one. */
const writes = (facts: WriterFacts, builder: Builder, ownUid: number) =>
  builder.uid === ownUid || readerIds() !== undefined ? facts.writable : mayWrite(facts, builder);

/** Whether all folders that outputs go to are there and can be written: go makes nothing beside them, but trim.txt. */
function hasFoldersFor(real: string, builder: Builder, ownUid: number): boolean {
  for (const prefix of prefixes) {
    const facts = readDirectoryFacts(`${real}/${prefix}`);
    if (facts === undefined || !facts.directory || !writes(facts, builder, ownUid)) return false;
  }
  return true;
}

/** What the file system says of a directory that is there. */
function placeOf(real: string, builder: Builder, { machine, aside }: Where): CachePlace {
  const ownUid = machine.uid;
  const facts = readDirectoryFacts(real);
  if (facts === undefined) return { state: 'absent' };
  if (!facts.directory) return { state: 'not-directory', why: `${real} is no directory` };
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

/** The nearest directory above that exists: go makes what is missing below it. */
function nearest(file: string): string {
  for (let here = dirname(file); ; here = dirname(here)) {
    if (readDirectoryFacts(here) !== undefined || here === dirname(here)) return here;
  }
}

/** Finds the cache of a target; undefined when no go says where it is. */
export function findCache(sources: Sources): FoundCache | undefined {
  const variable = sources.variables.get('GOCACHE');
  if (variable === undefined) return undefined;
  const { value: path, written, origin } = variable;
  const builder = builderOf(sources.machine, undefined);
  // `go env` shows `off` for a path that is not absolute too.
  if (path === 'off') {
    const why =
      origin.kind === 'default'
        ? 'GOCACHE is not set, and go finds no place for its default'
        : `GOCACHE is ${written === undefined ? 'off' : `${written}, not an absolute path`}`;
    return { path: written ?? path, builder, place: { state: 'off', why } };
  }
  const program = externalProgram(sources);
  if (program !== undefined) return { path, builder, place: { state: 'external', program } };
  return findDirectory({ root: sources.root, machine: sources.machine, aside: looksOn(sources) }, path);
}

/** A cache that somebody names, whoever uses it. */
export function findNamedCache(path: string, machine: Machine): FoundCache {
  return findDirectory({ root: '/', machine, aside: false }, path);
}

interface Where extends Pick<Sources, 'root' | 'machine'> {
  /** What this process alone sees read-only counts for nothing. */
  readonly aside: boolean;
}

function barred(configured: string, builder: Builder, code: string): FoundCache {
  const why = `${configured} cannot be reached (${code})`;
  return { path: configured, builder, place: { state: 'denied', why, barred: 'above' } };
}

/** Whether whoever is read for gets into the directory, and into each of its folders that is there. */
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
    nearest(pathOf({ root, path: configured })); // notes where the way ends, so that its end is seen
    return barred(configured, nobody, errorCode(error));
  }
  // An audit has this process's own rights: whoever may not look into the directory is told nothing of it.
  if (!mayList(real)) return barred(configured, nobody, 'EACCES');
  const facts = readDirectoryFacts(real);
  const builder = builderOf(machine, facts?.uid);
  const place = placeOf(real, builder, where);
  const seen = facts?.directory === true ? { directory: { path: real, identity: facts.identity } } : {};
  return { path: configured, builder, place, ...seen };
}

/** Nothing is there: fine where go may make it. A link that leads nowhere stops go for good. */
function absentCache(where: Where, configured: string, builder: Builder): FoundCache {
  const inRoot = pathOf({ root: where.root, path: configured });
  const link = readDirectoryFacts(inRoot, { follow: false });
  if (link !== undefined)
    return {
      path: configured,
      builder,
      place: { state: 'dangling', why: `${configured} is a link that leads nowhere` },
    };
  const parent = nearest(inRoot);
  // Names in it may be looked up by it.
  if (!mayReach(`${parent}/.`)) return barred(configured, builder, 'EACCES');
  const above = placeOf(parent, builder, where);
  if (above.state === 'usable') return { path: configured, builder, place: { state: 'absent' } };
  return {
    path: configured,
    builder,
    place: above.state === 'denied' ? { ...above, barred: 'absent' } : above,
  };
}
