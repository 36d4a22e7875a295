/** Values in commands that people may copy: quoted, so that none of them becomes code. */

/** One word of POSIX sh (XCU 2.2.2: nothing is special between single quotes but their end). */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const assignment = /^([A-Za-z_][A-Za-z0-9_]*=)(.+)$/s;

/** A command in one line, as a person would type it. Of assignments in front of the program only the value is quoted: sh takes a quoted name for the program. */
export function shellCommand(words: readonly string[]): string {
  const program = words.findIndex((word) => !assignment.test(word));
  return words
    .map((word, index) =>
      index < program
        ? word.replace(assignment, (_, name, value) => name + shellWord(value))
        : shellWord(word),
    )
    .join(' ');
}
