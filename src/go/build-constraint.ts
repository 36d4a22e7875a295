/**
 * Finds the build constraint of a Go source file: a port of parseFileHeader and of the `// +build` handling
 * in shouldBuild (both in go/build).
 */

/** A `//go:build` line, after leading and trailing blanks are trimmed. */
const isGoBuild = /^\/\/go:build(?=[ \t]|$)(.*)$/;
const isPlusBuild = /^\/\/\s*\+build\s+(\S.*)$/;

/** Reports whether a block comment is still open after a line, and whether the line holds code. */
function behind(line: string, isOpen: boolean): { readonly isOpen: boolean; readonly isCode: boolean } {
  let [rest, open] = [line, isOpen];
  while (rest !== '') {
    if (open) {
      const end = rest.indexOf('*/');
      if (end === -1) return { isOpen: true, isCode: false };
      open = false;
      rest = rest.slice(end + 2).trim();
    } else if (rest.startsWith('/*')) {
      open = true;
      rest = rest.slice(2).trim();
    } else {
      return { isOpen: false, isCode: !rest.startsWith('//') };
    }
  }
  return { isOpen: open, isCode: false };
}

/**
 * Returns the first `//go:build` expression before the package clause (`goBuild`) and the lines in which the
 * old form counts (`old`): line comments that precede any block comment and are followed by a blank line.
 */
function fileHeader(text: string): { readonly goBuild?: string; readonly old: readonly string[] } {
  let goBuild: string | undefined;
  let [isOpen, ended] = [false, false];
  const lines: string[] = [];
  let blank = 0;
  for (const raw of text.split('\n')) {
    const line = raw.trim();
    if (line === '' && !ended) blank = lines.length;
    if (line !== '' && !line.startsWith('//')) ended = true;
    if (!ended) lines.push(line);
    if (!isOpen) goBuild ??= isGoBuild.exec(line)?.[1]?.trim();
    const next = behind(line, isOpen);
    if (next.isCode) break;
    isOpen = next.isOpen;
  }
  return { ...(goBuild === undefined ? {} : { goBuild }), old: lines.slice(0, blank) };
}

/**
 * Converts a `// +build` line to an expression: words are alternatives, commas mean "and" (`'a,b c'` → `'((a
 * && b) || (c))'`).
 */
function ofPlusBuild(words: string): string {
  const options = words.split(/\s+/).map((option) => `(${option.split(',').join(' && ')})`);
  return `(${options.join(' || ')})`;
}

/**
 * Returns the build constraint of a file as an expression: its `//go:build` line, else the conjunction of its
 * `// +build` lines. Returns undefined if the file has neither.
 */
export function fileConstraint(text: string): string | undefined {
  const { goBuild, old } = fileHeader(text);
  if (goBuild !== undefined) return goBuild;
  const lines = old.flatMap((line) => {
    const words = isPlusBuild.exec(line)?.[1];
    return words === undefined ? [] : [ofPlusBuild(words)];
  });
  return lines.length === 0 ? undefined : lines.join(' && ');
}
