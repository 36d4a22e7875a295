/** Where Go looks for the build constraint of a file: a port of parseFileHeader and of the old form in shouldBuild (go/build). */

/** A `//go:build` line, which go takes only at the very beginning of a line's text. */
const isGoBuild = /^\/\/go:build(?=[ \t]|$)(.*)$/;
const isPlusBuild = /^\/\/\s*\+build\s+(\S.*)$/;

/** Whether a block comment is open behind a line, and whether code was met in it. */
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
 * The first `//go:build` expression before the package clause, and the lines in which the old form counts: comments of their own with a blank line
 * behind them, before any block comment.
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

/** One line of the old form: words are alternatives, commas join what has to hold together. */
function ofPlusBuild(words: string): string {
  const options = words.split(/\s+/).map((option) => `(${option.split(',').join(' && ')})`);
  return `(${options.join(' || ')})`;
}

/** The `//go:build` expression of a file, or what its `// +build` lines come to, all of which have to hold; undefined without one. */
export function fileConstraint(text: string): string | undefined {
  const { goBuild, old } = fileHeader(text);
  if (goBuild !== undefined) return goBuild;
  const lines = old.flatMap((line) => {
    const words = isPlusBuild.exec(line)?.[1];
    return words === undefined ? [] : [ofPlusBuild(words)];
  });
  return lines.length === 0 ? undefined : lines.join(' && ');
}
