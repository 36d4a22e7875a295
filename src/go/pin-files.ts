/**
 * Parses the version files of version managers: `.go-version` (goenv, setup-go) and `.tool-versions` (asdf,
 * mise). Neither has a formal grammar; these functions accept what the tools accept.
 */
import { quoted } from './quoted.ts';

/** The version in a `.go-version`, without prefix and as precise as the file has it. */
export interface GoVersionPin {
  readonly version: string;
  readonly line: number;
}

/**
 * Returns the first entry of a `.go-version`; undefined if there is none. Blank lines and `#` comments are
 * skipped, a leading `go` or `v` is dropped. The version is not validated: `1.x` or `system` are returned as
 * is.
 */
export function parseGoVersionFile(text: string): GoVersionPin | undefined {
  for (const { words, line } of entries(text)) {
    const version = (words[0] ?? '').replace(/^(?:go|v)(?=[0-9])/, '');
    if (version !== '') return { version, line };
  }
  return undefined;
}

/** One line of `.tool-versions`: a tool and its acceptable versions, the preferred one first. */
export interface ToolVersions {
  readonly tool: string;
  readonly versions: readonly string[];
  readonly line: number;
}

/** Returns the tools in a `.tool-versions`; Go is called `golang` (asdf) or `go` (mise). */
export function parseToolVersions(text: string): ToolVersions[] {
  return entries(text).map(({ words: [tool = '', ...versions], line }) => ({ tool, versions, line }));
}

/** Splits the non-empty lines of a file into words, without comments and byte order mark. */
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
