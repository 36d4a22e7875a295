/**
 * Applies the `ignore` lines of go.mod, which exclude directories from `./...` and go mod tidy
 * (cmd/go/internal/search, IgnorePatterns; since go 1.25).
 */

/**
 * Reports whether a directory is ignored. `relative` is its slash-separated path relative to the module, `''`
 * for the module root. A pattern that begins with `./` matches that path only, any other pattern the same
 * path elements at any depth; both match everything below, too.
 */
export function isIgnored(patterns: readonly string[], relative: string): boolean {
  if (relative === '') return false;
  return patterns.some((pattern) => {
    const bare = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
    const inside = `/${relative}/`;
    return pattern.startsWith('./') ? inside.startsWith(`/${bare}/`) : inside.includes(`/${bare}/`);
  });
}
