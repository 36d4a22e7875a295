/** Where a module lies in the module cache (golang.org/x/mod/module, EscapePath; cmd/go/internal/modfetch/cache.go). */

/** Capital letters as `!` and the small one, so that file systems which fold case keep paths apart. */
export function escapeModule(text: string): string {
  return /[A-Z]/.test(text) ? text.replace(/[A-Z]/g, (letter) => `!${letter.toLowerCase()}`) : text;
}

/** A file of the download cache, relative to GOMODCACHE: `.info`, `.mod`, `.zip`, `.ziphash`, `.partial` of one version. */
export function downloadPath(
  path: string,
  version: string,
  extension: 'info' | 'mod' | 'zip' | 'ziphash' | 'partial',
): string {
  return `cache/download/${escapeModule(path)}/@v/${escapeModule(version)}.${extension}`;
}

/** The extracted tree of a module, relative to GOMODCACHE. */
export function extractedPath(path: string, version: string): string {
  return `${escapeModule(path)}@${escapeModule(version)}`;
}

/** Whether a pattern list of GOPRIVATE's kind covers a path: globs over leading path elements (module.MatchPrefixPatterns). */
export function matchesPatterns(patterns: string, path: string): boolean {
  return patterns.split(',').some((pattern) => {
    const glob = pattern.replace(/\/+$/, '');
    if (glob === '') return false;
    const count = glob.split('/').length;
    const prefix = path.split('/').slice(0, count);
    return prefix.length === count && globToRegExp(glob).test(prefix.join('/'));
  });
}

/** path.Match: `*` and `?` stop at a slash, `[…]` is a class, `\` quotes. */
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

/** Names that Windows keeps for devices, as the beginning of a path element. */
const windowsName = /^(?:con|com[1-9]|nul|prn|aux|lpt[1-9])$/i;

/** What Go says to the path of a main module (golang.org/x/mod/module, CheckImportPath); undefined when it takes it. */
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
