/** The `ignore` lines of go.mod: directories that `./...` and go mod tidy leave out (cmd/go/internal/search, IgnorePatterns; since go 1.25). */

/**
 * Whether a directory is left out, by its path relative to the module with `/`, `''` for the module's own. A pattern that begins with `./` means
 * that path only, any other one the same elements at any depth; both mean all that is below, too.
 */
export function isIgnored(patterns: readonly string[], relative: string): boolean {
  if (relative === '') return false;
  return patterns.some((pattern) => {
    const bare = pattern.replace(/^\.\//, '').replace(/\/+$/, '');
    const inside = `/${relative}/`;
    return pattern.startsWith('./') ? inside.startsWith(`/${bare}/`) : inside.includes(`/${bare}/`);
  });
}
