/**
 * Detects intact repositories that a given git refuses: their configuration requires an extension that it
 * does not know, or their index is invalid.
 */
import { closeSync, readSync } from '../counted-fs.ts';
import { type How, openRegular } from '../open.ts';
import type { GitSetting } from './config.ts';
import { type GitVersion, isAtLeast } from './program.ts';

/** The first version of git whose extensions are not listed here. */
const firstUnknown: GitVersion = [2, 56, 0];
/** Extensions honoured in repositories of version 0 too (handle_extension_v0 in setup.c). */
const everywhere = ['noop', 'preciousobjects', 'partialclone', 'worktreeconfig'];
/** All other extensions, with the first version that knows each (handle_extension in setup.c of each tag). */
const extensions: ReadonlyMap<string, GitVersion> = new Map([
  ['noop-v1', [2, 29, 0]],
  ['objectformat', [2, 29, 0]],
  ['refstorage', [2, 44, 0]],
  ['compatobjectformat', [2, 45, 0]],
  ['relativeworktrees', [2, 48, 0]],
  ['submodulepathconfig', [2, 54, 0]],
]);

/** What a git refuses, and the first version that accepts it, if known. */
export interface Refused {
  readonly what: string;
  readonly since?: string;
}

/**
 * Returns what this version of git refuses in the configuration of a repository (verify_repository_format in
 * setup.c). Undefined if it accepts the repository, or is newer than the versions known here.
 */
export function refusedFormat(settings: readonly GitSetting[], version: GitVersion): Refused | undefined {
  const beyond = isAtLeast(version, firstUnknown);
  const said = settings.findLast(
    ({ section, subsection, key }) =>
      section === 'core' && subsection === '' && key === 'repositoryformatversion',
  )?.value;
  if (said === undefined || !/^\d+$/.test(said)) return undefined;
  if (Number(said) > 1) return beyond ? undefined : { what: `core.repositoryformatversion ${said}` };
  for (const { section, subsection, key } of settings) {
    const name = subsection === '' ? key : `${subsection}.${key}`;
    if (section !== 'extensions' || everywhere.includes(name)) continue;
    const since = extensions.get(name);
    const known = since === undefined ? beyond : isAtLeast(version, since);
    if (said === '1' && !known)
      return {
        what: `extensions.${name}`,
        ...(since === undefined ? {} : { since: since.slice(0, 2).join('.') }),
      };
    if (said === '0' && since !== undefined && known)
      return { what: `extensions.${name} with core.repositoryformatversion 0` };
  }
  return undefined;
}

/**
 * Reports whether a configuration requires more than every git since 2.17 knows, so that the version of git
 * matters.
 */
export const asksForMore = (settings: readonly GitSetting[]): boolean =>
  settings.some(
    ({ section, subsection, key, value }) =>
      (section === 'extensions' && !(subsection === '' && everywhere.includes(key))) ||
      (section === 'core' && key === 'repositoryformatversion' && !['0', '1'].includes(value)),
  );

const headerBytes = 12;
const nameBytes = 20;

/**
 * Reports whether git rejects an index: too short, without signature, or of an unknown version (do_read_index
 * and verify_hdr in read-cache.c). False if there is none, or it may not be read.
 */
export function isNoIndex(file: string, judge: NonNullable<How['judge']>): boolean {
  let fd: number | undefined;
  try {
    const open = openRegular(file, { judge });
    fd = open.fd;
    if (open.stat.size < headerBytes + nameBytes) return true;
    const header = Buffer.alloc(headerBytes);
    if (readSync(fd, header, 0, headerBytes, 0) < headerBytes) return false;
    const version = header.readUInt32BE(4);
    return header.toString('latin1', 0, 4) !== 'DIRC' || version < 2 || version > 4;
  } catch {
    return false;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}
