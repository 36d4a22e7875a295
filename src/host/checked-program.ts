/**
 * Which program may be run at all: one that nobody but root and this user can have put there or can exchange. Everything that observing
 * starts goes through here (host/command.ts takes nothing else), whatever named it: PATH, a configuration, a link, a version manager.
 */

import path from 'node:path';
import process from 'node:process';
import { lstatSync, realpathSync } from './counted-fs.ts';
import { errorCode } from './errors.ts';
import { groupWrites, othersWrite, sticky } from './write-bits.ts';

declare const checked: unique symbol;
/** The real path of a program that passed {@link checkProgram}. */
export type CheckedProgram = string & { readonly [checked]: true };

/** What stat says of a file or directory, as far as it decides who may change it. */
export interface Rights {
  readonly uid: number;
  readonly mode: number;
}

const directory = 0o040000;
const kinds = 0o170000;

/**
 * Who else may exchange what stands there, in words after its name; undefined for nobody. Root may do everything anywhere and is no
 * other; access lists show in the group's bits (acl(5)).
 */
export function otherWriter({ uid, mode }: Rights, ownUid: number): string | undefined {
  if (uid !== 0 && uid !== ownUid) return `belongs to uid ${uid}`;
  if ((mode & kinds) === directory && (mode & sticky) !== 0) return undefined;
  if ((mode & othersWrite) !== 0) return 'can be written by everybody';
  return (mode & groupWrites) === 0 ? undefined : 'can be written by its group';
}

/** Whether a path is a directory or lies in it; both absolute and without `.`, `..` and links. */
export function isWithin(file: string, directory: string): boolean {
  return file === directory || file.startsWith(directory === '/' ? '/' : `${directory}/`);
}

function realPath(file: string): string | undefined {
  try {
    return realpathSync(file);
  } catch {
    return undefined;
  }
}

/**
 * The program behind a path, links resolved, if it may be run; else why not, in words that follow "it is not run:". `outside` are
 * directories in which no program is run, as a pull request may have brought it. A file that is checked here can be run later: who
 * could exchange it meanwhile is root or this user.
 */
export function checkProgram(
  file: string,
  outside: readonly string[],
): { readonly program: CheckedProgram } | { readonly why: string } {
  const ownUid = process.geteuid?.() ?? -1;
  const real = realPath(file);
  if (!path.isAbsolute(file) || real === undefined) return { why: `${file} cannot be reached` };
  for (const one of outside) {
    if (isWithin(path.normalize(file), one) || isWithin(real, realPath(one) ?? one))
      return { why: `it lies in ${one}, the code that is looked at` };
  }
  try {
    for (let here = real; ; here = path.dirname(here)) {
      const who = otherWriter(lstatSync(here), ownUid);
      if (who !== undefined) return { why: `${here} ${who}` };
      if (here === '/') return { program: real as CheckedProgram };
    }
  } catch (error) {
    return { why: `${file} cannot be looked at (${errorCode(error) || 'failed'})` };
  }
}
