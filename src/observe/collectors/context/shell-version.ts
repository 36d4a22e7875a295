/**
 * Reads the version of the user's shell from the bytes of its program. The shell is never run: `$SHELL` comes
 * from the observed environment and may name any program. A shell whose file contains no version (dash, fish
 * since 4.0) has none.
 */

import { textsAround } from '../../../go/texts-around.ts';
import { executableAt, type RootedPath, scanFile } from '../../../host/files.ts';
import { readCache, stampKey } from '../../../host/lru.ts';

/** The largest of the shells below has 2 MB; a larger file is not one of them. */
const programLimit = 8 * 1024 * 1024;

/** The text that identifies each shell in its program, and the version that follows. */
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

/** Longer than any of these texts. */
const markLimit = 128;

// fish 3: FISH_BUILD_VERSION is a string of its own. It is accepted only if the program contains no other
// number of that form.
const alone = /\0(\d+\.\d+\.\d+)(?=\0)/g;

/** Returns a search through the bytes of a program, in chunks that overlap. */
function search(name: string): {
  /** Returns the version once a chunk contains it. */
  readonly visit: (stretch: Buffer) => string | undefined;
  /** Returns what all chunks together imply. */
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

/**
 * Returns the version in the bytes of a shell's program, as the shell would print it; undefined if there is
 * none.
 */
export function shellVersionIn(name: string, program: Buffer): string | undefined {
  const { visit, end } = search(name);
  return visit(program) ?? end();
}

const versions = readCache<string | undefined>(64);

/** Returns the version of the shell at a path, cached by file stamp; undefined if it cannot be determined. */
export function shellVersionAt(rootedPath: RootedPath, name: string): string | undefined {
  const found = executableAt(rootedPath, 'own');
  if (found === undefined || found.stamp.size > programLimit) return undefined;
  return versions.getOrMake(`${name}\0${stampKey(found.realPath, found.stamp)}`, () => {
    const { visit, end } = search(name);
    return scanFile(found.realPath, markLimit, visit) ?? end();
  });
}
