/** Quotes values in commands that users may copy, so that no value is executed as code. */

/**
 * Returns the text as one word of POSIX sh. (XCU 2.2.2: between single quotes only the closing quote is
 * special.)
 */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

const assignment = /^([A-Za-z_][A-Za-z0-9_]*=)(.+)$/s;

/**
 * Returns a command in one line, as a user would type it. In assignments before the program only the value is
 * quoted, because sh would take an assignment with a quoted name for the program.
 */
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
