/**
 * Finds other users who could replace what a name leads to. A printed command is safe to run only if there is
 * none: for the name, each symlink on the way, the final target, and all directories above them (decision
 * 0059).
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
  // A missing file is decided by the directory above it.
  if (stat === undefined) return undefined;
  // The mode of a symlink means nothing (symlink(7)); its owner may replace it.
  const mode = (stat.mode & kinds) === linkMode ? linkMode : stat.mode;
  return otherWriter({ uid: stat.uid, mode }, ownUid);
}

/**
 * Returns why others than this user and root could replace what a name leads to, as words that follow the
 * name; undefined if they cannot. `outside` are directories that others write by other means, such as a pull
 * request. Only absolute names on the host are judged: nothing is known about other roots.
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

/**
 * {@link whoElseWrites} for the name alone, in a directory that is a real path: who could replace the name,
 * not its target.
 */
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
  if (!path.isAbsolute(file)) return 'is relative, so it means another file in each folder';
  const named = path.normalize(file);
  const names = [...new Set(namesOn(named))];
  const within = outside.flatMap((one) => [one, realPathOf({ root, path: one }) ?? one]);
  if (names.some((name) => within.some((one) => isWithin(name, one))))
    return 'lies in the code being checked, or is reached through it';
  try {
    for (const name of names) {
      for (let here = name; ; here = path.dirname(here)) {
        const who = strangerAt(here, ownUid);
        if (who !== undefined) return here === named ? who : `is reached by ${here}, which ${who}`;
        if (here === '/') break;
      }
    }
  } catch {
    return 'cannot be inspected';
  }
  return undefined;
}
