/**
 * Path patterns, such as `/src/*` or `/usr/local/go*` + `/bin/go`: a fixed directory and components below it
 * with `*` (any text), `?` (one character) or `**` (any number of directories). Pure. As in shells, a name
 * that begins with a dot is matched only by a component that does.
 */

export interface PathPattern {
  /** The pattern as given, absolute. */
  readonly text: string;
  /** The directory above the first component with a wildcard. */
  readonly fixed: string;
  /** The components below the fixed directory. */
  readonly rest: readonly string[];
}

/** Reports whether a path contains a wildcard. */
export function isPattern(text: string): boolean {
  return /[*?]/.test(text);
}

/** Matches any number of directories, including none. */
export const anyDepth = '**';

/** Parses an absolute path with wildcards; returns a text that says why a pattern is unusable. */
export function parsePattern(text: string): PathPattern | string {
  const components = text.split('/').filter((one) => one !== '' && one !== '.');
  if (components.includes('..')) return 'has ..';
  const first = components.findIndex(isPattern);
  const rest = components.slice(first);
  if (rest.filter((one) => one === anyDepth).length > 1) return 'has ** more than once';
  if (rest.some((one) => one !== anyDepth && one.includes(anyDepth)))
    return 'has ** beside other characters of a component';
  return { text, fixed: `/${components.slice(0, first).join('/')}`, rest };
}

/**
 * Reports whether a name matches a component. Backtracks to the last `*` only, which suffices because each
 * text between two `*` may match as early as possible. Names are untrusted, and the time is at most the
 * product of the two lengths.
 */
export function matchesName(component: string, name: string): boolean {
  if (name.startsWith('.') && !component.startsWith('.')) return false;
  let at = 0;
  let inName = 0;
  let star = -1;
  let starName = 0;
  while (inName < name.length) {
    const here = component[at];
    if (here === '*') {
      star = at++;
      starName = inName;
    } else if (at < component.length && (here === '?' || here === name[inName])) {
      at++;
      inName++;
    } else if (star >= 0) {
      at = star + 1;
      inName = ++starName;
    } else {
      return false;
    }
  }
  while (component[at] === '*') at++;
  return at === component.length;
}

/**
 * Reports whether `**` skips a directory: those that the `go` command ignores, and trees of third-party code.
 */
export function isPassedOver(name: string): boolean {
  return /^[._]/.test(name) || ['testdata', 'vendor', 'node_modules'].includes(name);
}

/**
 * Reports whether the components below the fixed part match a path. `**` matches only up to level `depth`,
 * and no directory that {@link isPassedOver}.
 */
export function matchesPath(rest: readonly string[], names: readonly string[], depth: number): boolean {
  const any = rest.indexOf(anyDepth);
  const matches = (components: readonly string[], some: readonly string[]) =>
    components.length === some.length &&
    components.every((component, index) => {
      const name = some[index] ?? '';
      return isPattern(component) ? matchesName(component, name) : component === name;
    });
  if (any === -1) return matches(rest, names);
  const [before, after] = [rest.slice(0, any), rest.slice(any + 1)];
  const end = names.length - after.length;
  return (
    end >= any &&
    end <= depth &&
    matches(before, names.slice(0, any)) &&
    matches(after, names.slice(end)) &&
    !names.slice(any, end).some(isPassedOver)
  );
}
