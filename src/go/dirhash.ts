/** The hash of a module's files (golang.org/x/mod/sumdb/dirhash, Hash1): what go.sum, `.ziphash` and the checksum database hold. */

/** Digests that hashing needs; this folder has no crypto of its own. */
export interface DirhashDigest {
  /** SHA-256 of a text in UTF-8, as standard base64 with padding. */
  readonly base64: (text: string) => string;
}

/** A well-formed `h1:` sum: 32 bytes in base64 (modfetch.isValidSum). */
export function isH1(sum: string): boolean {
  return /^h1:[A-Za-z0-9+/]{43}=$/.test(sum);
}

/**
 * The `h1:` sum of files by name → SHA-256 in hex. Names are `path@version/file`, of a go.mod alone `go.mod`; they are sorted by their
 * bytes. Undefined when a name holds a newline, which no module may (Go refuses it).
 */
export function hash1(files: ReadonlyMap<string, string>, digest: DirhashDigest): string | undefined {
  const names = [...files.keys()];
  if (names.some((name) => name.includes('\n'))) return undefined;
  // JavaScript sorts by UTF-16 units, Go by bytes; they differ above U+FFFF only.
  const wide = names.some((name) => /[\ud800-\udfff]/.test(name));
  const sorted = wide ? names.sort((a, b) => compareCodePoints(a, b)) : names.sort();
  let lines = '';
  for (const name of sorted) lines += `${files.get(name)}  ${name}\n`;
  return `h1:${digest.base64(lines)}`;
}

function compareCodePoints(a: string, b: string): number {
  const x = [...a];
  const y = [...b];
  for (let index = 0; index < Math.min(x.length, y.length); index++) {
    const difference = (x[index]?.codePointAt(0) ?? 0) - (y[index]?.codePointAt(0) ?? 0);
    if (difference !== 0) return difference;
  }
  return x.length - y.length;
}
