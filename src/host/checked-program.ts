/**
 * Checks whether a program may be run: only one that nobody but root and this user could have placed or could
 * replace. Every program that an observation starts passes here, whatever named it (PATH, a configuration, a
 * link, a version manager); host/command.ts accepts nothing else.
 */

import path from 'node:path';
import process from 'node:process';
import { lstatSync, realpathSync } from './counted-fs.ts';
import { errorCode } from './errors.ts';
import { groupWrites, othersWrite, sticky } from './write-bits.ts';

declare const checked: unique symbol;
/** The real path of a program that passed {@link checkProgram}. */
export type CheckedProgram = string & { readonly [checked]: true };

/** The parts of stat that decide who may change a file or directory. */
export interface Rights {
  readonly uid: number;
  readonly mode: number;
}

const directory = 0o040000;
const kinds = 0o170000;

/**
 * Returns why another user could change a file or directory, as words that follow its name; undefined if none
 * can. Root is not counted, for it may change everything; access lists show in the group bits (acl(5)).
 */
export function otherWriter({ uid, mode }: Rights, ownUid: number): string | undefined {
  if (uid !== 0 && uid !== ownUid) return `belongs to uid ${uid}`;
  if ((mode & kinds) === directory && (mode & sticky) !== 0) return undefined;
  if ((mode & othersWrite) !== 0) return 'can be written by everybody';
  return (mode & groupWrites) === 0 ? undefined : 'can be written by its group';
}

/** Reports whether a path is a directory or lies below it. Both are absolute, without `.`, `..` and links. */
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
 * Returns the real path of a program if it may be run, else why not, as words that follow "it is not run:".
 * Programs in the directories `outside` are refused, as a pull request may have brought them. The result
 * stays valid: only root and this user could replace the program meanwhile.
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
      return { why: `it lies in ${one}, the code being checked` };
  }
  try {
    for (let here = real; ; here = path.dirname(here)) {
      const who = otherWriter(lstatSync(here), ownUid);
      if (who !== undefined) return { why: `${here} ${who}` };
      if (here === '/') return { program: real as CheckedProgram };
    }
  } catch (error) {
    return { why: `${file} cannot be inspected (${errorCode(error) || 'failed'})` };
  }
}
