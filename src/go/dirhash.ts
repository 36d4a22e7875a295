/**
 * Computes the hash of a module's files (golang.org/x/mod/sumdb/dirhash, Hash1), as go.sum, `.ziphash` and
 * the checksum database hold it.
 */

/**
 * The digest functions that hashing needs. The caller provides them, since this folder is pure and imports no
 * crypto.
 */
export interface DirhashDigest {
  /** SHA-256 of a text in UTF-8, as standard base64 with padding. */
  readonly base64: (text: string) => string;
}

/** Reports whether a text is a well-formed `h1:` sum: 32 bytes in base64 (modfetch.isValidSum). */
export function isH1(sum: string): boolean {
  return /^h1:[A-Za-z0-9+/]{43}=$/.test(sum);
}

/**
 * Returns the `h1:` sum of `files`, a map from name to SHA-256 in hex. Names are `path@version/file`, or
 * `go.mod` for the sum of a go.mod alone, and are sorted bytewise. Returns undefined if a name holds a
 * newline, which Go refuses.
 */
export function hash1(files: ReadonlyMap<string, string>, digest: DirhashDigest): string | undefined {
  const names = [...files.keys()];
  if (names.some((name) => name.includes('\n'))) return undefined;
  // JavaScript sorts by UTF-16 code units, Go by bytes. The orders differ only above U+FFFF.
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
