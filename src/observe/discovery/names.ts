/**
 * Names of targets that patterns find: the path below the fixed part of the pattern, `/` written as `--`. Two paths never get one name: what a name
 * cannot hold, or what could be read in two ways, gets a digest of the whole path behind `---`, which no other name has. Pure.
 */

/** As the `name` of a configured target. */
const longestName = 63;
const digestLength = 16;
const plainPart = /^[A-Za-z0-9._](-?[A-Za-z0-9._])*$/;

/**
 * The name of some parts: the name of the entry of the configuration where it has one, the components of a path, what tells several go apart.
 * `digest` is SHA-256 in hexadecimal digits of a text; parts are text (byte-names.ts has it of what is no UTF-8).
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

/** What tells a go apart from others: the components of its path that do not end every such path (`bin/go`). */
export function partsOfGo(components: readonly string[]): readonly string[] {
  const [last, before] = [components.at(-1), components.at(-2)];
  if (last !== 'go' || components.length < 2) return components;
  return before === 'bin'
    ? components.length > 2
      ? components.slice(0, -2)
      : ['bin']
    : components.slice(0, -1);
}
