/**
 * Edits the go and toolchain lines of a go.mod or go.work and keeps the rest of the file. Pure: text in, text
 * out.
 */
import { scanGoLines } from '../../go/gomod.ts';
import type { LineChanges } from './changes.ts';

/** Replaces line `at` by a directive, or appends it if `at` is undefined; `''` removes the line. */
function withLine(text: string, at: number | undefined, directive: string): string {
  if (at === undefined)
    return directive === '' ? text : `${text}${text === '' || text.endsWith('\n') ? '' : '\n'}${directive}\n`;
  // An empty line keeps the numbers of the others, which findings refer to.
  return text
    .split('\n')
    .map((line, index) => (index === at - 1 ? directive : line))
    .join('\n');
}

/** Returns the file with other go and toolchain lines, as `go mod edit` would write them. */
export function withGoLines(text: string, { go, toolchain }: LineChanges): string {
  const { goLine, toolchainLine } = scanGoLines(text);
  const edited =
    toolchain === undefined
      ? text
      : withLine(text, toolchainLine, toolchain === '' ? '' : `toolchain ${toolchain}`);
  return go === undefined ? edited : withLine(edited, goLine, go === '' ? '' : `go ${go}`);
}
