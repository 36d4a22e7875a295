/**
 * Module paths: escaping, locations in the module cache, pattern lists and validity (golang.org/x/mod/module;
 * cmd/go/internal/modfetch/cache.go).
 */

/**
 * Escapes upper-case letters (`'Azure'` → `'!azure'`), so that paths stay distinct on case-insensitive file
 * systems (module.EscapePath).
 */
export function escapeModule(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`) : text;
}

/**
 * Returns the path of a file in the download cache, relative to GOMODCACHE: `cache/download/…/@v/v1.2.3.zip`.
 */
export function downloadPath(
  path: string,
  version: string,
  extension: 'info' | 'mod' | 'zip' | 'ziphash' | 'partial',
): string {
  return `cache/download/${escapeModule(path)}/@v/${escapeModule(version)}.${extension}`;
}

/** Returns the path of the extracted tree of a module, relative to GOMODCACHE. */
export function extractedPath(path: string, version: string): string {
  return `${escapeModule(path)}@${escapeModule(version)}`;
}

/**
 * Reports whether a pattern list such as GOPRIVATE matches a path: globs over its leading elements
 * (module.MatchPrefixPatterns).
 */
export function matchesPatterns(patterns: string, path: string): boolean {
  return patterns.split(',').some((pattern) => {
    const glob = pattern.replace(/\/+$/, '');
    if (glob === '') return false;
    const count = glob.split('/').length;
    const prefix = path.split('/').slice(0, count);
    return prefix.length === count && globToRegExp(glob).test(prefix.join('/'));
  });
}

/**
 * Converts a glob of path.Match to a regular expression: `*` and `?` match no slash, `[…]` is a class, `\`
 * escapes.
 */
function globToRegExp(glob: string): RegExp {
  const source = glob.replace(
    /\\(.)|\[(\^?)([^\]]*)\]|[*?]|[^\\*?[\]]+|[\]\\[]/g,
    (part, quoted, not, set) => {
      if (quoted !== undefined) return quoted.replace(/[^A-Za-z0-9]/g, '\\$&');
      if (set !== undefined) return `[${not}${set.replace(/[\\\]]/g, '\\$&')}]`;
      if (part === '*') return '[^/]*';
      if (part === '?') return '[^/]';
      return part.replace(/[^A-Za-z0-9]/g, '\\$&');
    },
  );
  try {
    return new RegExp(`^${source}$`);
  } catch {
    return /^$/;
  }
}

/** Device names that Windows reserves; a path element must not be one, with or without an extension. */
const windowsName = /^(?:con|com[1-9]|nul|prn|aux|lpt[1-9])$/i;

/**
 * Returns Go's error for an invalid import path (golang.org/x/mod/module, CheckImportPath); undefined if
 * valid.
 */
export function importPathProblem(path: string): string | undefined {
  if (path === '') return 'empty string';
  if (path.startsWith('-')) return 'leading dash';
  if (path.includes('//')) return 'double slash';
  if (path.endsWith('/')) return 'trailing slash';
  for (const element of path.split('/')) {
    const problem = elementProblem(element);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function elementProblem(element: string): string | undefined {
  if (element === '') return 'empty path element';
  if (/^\.+$/.test(element)) return `invalid path element "${element}"`;
  if (element.endsWith('.')) return 'trailing dot in path element';
  const odd = /[^-._~+A-Za-z0-9]/u.exec(element)?.[0];
  if (odd !== undefined) return `invalid char '${odd}'`;
  const [short = ''] = element.split('.', 1);
  if (windowsName.test(short)) return `"${short}" disallowed as path element component on Windows`;
  return /~\d+$/.test(short) ? 'trailing tilde and digits in path element' : undefined;
}
