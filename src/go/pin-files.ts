/**
 * Version files of version managers: `.go-version` (goenv, setup-go) and `.tool-versions` (asdf, mise). Both are small text
 * files without a formal grammar; the reading here accepts what those tools accept.
 */
import { quoted } from './quoted.ts';

/** What `.go-version` asks for: a version without prefix, as precise as the file gives it. */
export interface GoVersionPin {
  readonly version: string;
  readonly line: number;
}

/**
 * The first entry of a `.go-version`: blank lines and `#` comments are skipped, a leading `go` or `v` is dropped. Undefined
 * when no line holds an entry. The version is not judged: `1.x` or `system` come back as they stand.
 */
export function parseGoVersionFile(text: string): GoVersionPin | undefined {
  for (const { words, line } of entries(text)) {
    const version = (words[0] ?? '').replace(/^(?:go|v)(?=[0-9])/, '');
    if (version !== '') return { version, line };
  }
  return undefined;
}

/** One line of `.tool-versions`: a tool and the versions it may have, the preferred one first. */
export interface ToolVersions {
  readonly tool: string;
  readonly versions: readonly string[];
  readonly line: number;
}

/** Every line of a `.tool-versions` that names a tool; Go is called `golang` (asdf) or `go` (mise). */
export function parseToolVersions(text: string): ToolVersions[] {
  return entries(text).map(({ words: [tool = '', ...versions], line }) => ({ tool, versions, line }));
}

/** The words of each line that has some, without comments, byte order mark and line endings. */
function entries(text: string): { words: string[]; line: number }[] {
  return text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .map((content, index) => ({
      words: (content.split('#', 1)[0] ?? '')
        .split(/\s+/)
        .filter((word) => word !== '')
        .map(quoted),
      line: index + 1,
    }))
    .filter(({ words }) => words.length > 0);
}
