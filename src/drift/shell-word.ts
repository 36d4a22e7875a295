/** Values in commands that people may copy: quoted, so that none of them becomes code. */

/** One word of POSIX sh (XCU 2.2.2: nothing is special between single quotes but their end). */
export function shellWord(text: string): string {
  return /^[A-Za-z0-9_/.:=@%+,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
