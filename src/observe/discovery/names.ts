/**
 * Names of the targets that patterns find: the path below the fixed part of the pattern, with `--` for `/`
 * (`team/api → team--api`). Two paths never get the same name: a path that would be ambiguous, too long or
 * contain other characters gets `---` and a digest of the whole path appended, which plain names never
 * contain. Pure.
 */

/** As for the `name` of a configured target. */
const longestName = 63;
const digestLength = 16;
const plainPart = /^[A-Za-z0-9._](-?[A-Za-z0-9._])*$/;

/**
 * Returns the name made of parts: the name of the configuration entry, if any, the components of a path, and
 * what distinguishes a `go`. `digest` returns the SHA-256 of a text in hexadecimal digits. Parts are text
 * (byte-names.ts converts names that are not UTF-8).
 */
export function nameOfParts(parts: readonly string[], digest: (text: string) => string): string {
  const joined = parts.join('--');
  if (
    joined.length <= longestName &&
    /^[A-Za-z0-9]/.test(joined) &&
    parts.every((part) => plainPart.test(part))
  )
    return joined;
  const readable = joined.replaceAll(/[^A-Za-z0-9._-]+/g, '_').replaceAll(/-{3,}/g, '--');
  const start = readable.replace(/^[^A-Za-z0-9]+/, '').slice(0, longestName - 3 - digestLength);
  return `${start.replace(/-+$/, '') || 'target'}---${digest(parts.join('\0')).slice(0, digestLength)}`;
}

/** Returns the components that distinguish a `go` from others: its path without a final `go` or `bin/go`. */
export function partsOfGo(components: readonly string[]): readonly string[] {
  const [last, before] = [components.at(-1), components.at(-2)];
  if (last !== 'go' || components.length < 2) return components;
  return before === 'bin'
    ? components.length > 2
      ? components.slice(0, -2)
      : ['bin']
    : components.slice(0, -1);
}
