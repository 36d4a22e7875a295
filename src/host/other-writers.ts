/**
 * Who else may exchange what a name leads to. A command that is printed for a person writes, or is looked for on PATH, only where that is
 * nobody: the name, each link on its way and what it leads to, with all directories above them (decision 0059).
 */
import path from 'node:path';
import process from 'node:process';
import { isWithin, otherWriter } from './checked-program.ts';
import { linksOn, type RootedPath, realPathOf } from './files.ts';
import { lstatSync } from './root.ts';

const linkMode = 0o120000;
const kinds = 0o170000;

function strangerAt(file: string, ownUid: number): string | undefined {
  const stat = lstatSync(file);
  // What is not there yet is the affair of the directory above.
  if (stat === undefined) return undefined;
  // The bits of a link say nothing (symlink(7)); its owner may exchange it.
  const mode = (stat.mode & kinds) === linkMode ? linkMode : stat.mode;
  return otherWriter({ uid: stat.uid, mode }, ownUid);
}

/**
 * Why a name is not this user's and root's alone, in words that follow it; undefined where it is. `outside` are directories that others write
 * by other means, as a pull request does. Absolute names of the host alone are judged; nothing is known of another root.
 */
export function whoElseWrites(
  rootedPath: RootedPath,
  outside: readonly string[],
  ownUid = process.geteuid?.() ?? -1,
): string | undefined {
  return whoElse(rootedPath, outside, ownUid, (named) => [
    named,
    ...linksOn(named),
    realPathOf({ root: '/', path: named }) ?? named,
  ]);
}

/** The same of a name in a directory that is a real path, whatever it leads to: who may give it to something else. */
export function whoElseExchanges(
  rootedPath: RootedPath,
  outside: readonly string[],
  ownUid = process.geteuid?.() ?? -1,
): string | undefined {
  return whoElse(rootedPath, outside, ownUid, (named) => [named]);
}

function whoElse(
  { root, path: file }: RootedPath,
  outside: readonly string[],
  ownUid: number,
  namesOn: (named: string) => readonly string[],
): string | undefined {
  if (root !== '/') return 'lies in the root of another process';
  if (!path.isAbsolute(file)) return 'is another one in each folder';
  const named = path.normalize(file);
  const names = [...new Set(namesOn(named))];
  const within = outside.flatMap((one) => [one, realPathOf({ root, path: one }) ?? one]);
  if (names.some((name) => within.some((one) => isWithin(name, one))))
    return 'lies in the code that is looked at, or is reached through it';
  try {
    for (const name of names) {
      for (let here = name; ; here = path.dirname(here)) {
        const who = strangerAt(here, ownUid);
        if (who !== undefined) return here === named ? who : `is reached by ${here}, which ${who}`;
        if (here === '/') break;
      }
    }
  } catch {
    return 'cannot be looked at';
  }
  return undefined;
}
