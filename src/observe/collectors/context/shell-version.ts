/**
 * The version of a user's shell, read from the bytes of its program. It is never asked: `$SHELL` is a word of the environment that is
 * observed, and who sets it may name any program. A shell whose file holds no version (dash, fish from 4.0 on) has none.
 */

import { textsAround } from '../../../go/texts-around.ts';
import { executableAt, type RootedPath, scanFile } from '../../../host/files.ts';
import { readCache, stampKey } from '../../../host/lru.ts';

/** The largest of the shells below has 2 MB; what is larger is no shell that could be read. */
const programLimit = 8 * 1024 * 1024;

/** What each program holds: how it begins, and the version in it. */
const marks: readonly (readonly [text: string, version: RegExp])[] = [
  // bash: sccs_version (version.c).
  ['@(#)Bash version ', /^@\(#\)Bash version (\d+\.\d+(?:\.\d+)?)/],
  // ksh93: e_version (sh/main.c); releases of the branch u+m carry a number, older ones a date only.
  ['@(#)$Id: Version ', /^@\(#\)\$Id: Version \w+ 93\S*?(\d+\.\d+\.\d+)/],
  // mksh: KSH_VERSION (sh.h).
  ['@(#)MIRBSD KSH R', /^@\(#\)MIRBSD KSH (R\d+)/],
  // busybox, which is sh and ash on Alpine: its banner (libbb/messages.c).
  ['BusyBox v', /^BusyBox v(\d+\.\d+(?:\.\d+)?)/],
  // zsh: the directory of its modules, which every build names (Src/Makefile.in, MODULE_DIR).
  ['/zsh/', /^\/zsh\/(\d+\.\d+(?:\.\d+)*)/],
];

/** More than any of these marks has. */
const markLimit = 128;

// fish 3: FISH_BUILD_VERSION stands alone; it is believed where the program holds no other number of that form.
const alone = /\0(\d+\.\d+\.\d+)(?=\0)/g;

/** Looks through the bytes of a shell's program, a stretch at a time that begins with the last of the one before. */
function search(name: string): {
  /** The version, as soon as a stretch tells it. */
  readonly visit: (stretch: Buffer) => string | undefined;
  /** What all of them together tell. */
  readonly end: () => string | undefined;
} {
  const numbers = new Set<string>();
  return {
    visit(stretch) {
      for (const [text, version] of marks) {
        for (const around of textsAround(stretch, text, { before: 0, after: markLimit })) {
          const found = version.exec(around)?.[1];
          if (found !== undefined) return found;
        }
      }
      if (name === 'fish')
        for (const [, number = ''] of stretch.toString('latin1').matchAll(alone)) numbers.add(number);
      return undefined;
    },
    end: () => (numbers.size === 1 ? [...numbers][0] : undefined),
  };
}

/** The version that the bytes of a shell's program hold, as the shell would print it; undefined where they hold none. */
export function shellVersionIn(name: string, program: Buffer): string | undefined {
  const { visit, end } = search(name);
  return visit(program) ?? end();
}

const versions = readCache<string | undefined>(64);

/** The version of the shell at a place, read again only when its file changed; undefined where there is none to be read. */
export function shellVersionAt(rootedPath: RootedPath, name: string): string | undefined {
  const found = executableAt(rootedPath, 'own');
  if (found === undefined || found.stamp.size > programLimit) return undefined;
  return versions.getOrMake(`${name}\0${stampKey(found.realPath, found.stamp)}`, () => {
    const { visit, end } = search(name);
    return scanFile(found.realPath, markLimit, visit) ?? end();
  });
}
