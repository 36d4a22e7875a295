/**
 * Names of files that are not valid UTF-8. To Linux a name is bytes; a decoded string would hold U+FFFD for
 * each invalid part and name no file. Here each invalid byte 0xNN becomes the lone surrogate U+DCNN instead
 * (as in PEP 383), which no valid UTF-8 contains: the bytes can be recovered, and text output shows them as
 * `\udcNN`.
 */

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const firstEscape = 0xdc00;

function decoded(bytes: Uint8Array): string | undefined {
  try {
    return utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

/** Decodes a name or path: valid UTF-8 as usual, every other byte as a lone surrogate. */
export function nameOf(bytes: Uint8Array): string {
  const whole = decoded(bytes);
  if (whole !== undefined) return whole;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    let length = 4;
    let part: string | undefined;
    // Find the longest prefix that is one character; shorter parts of a character are invalid.
    for (; length > 0; length--) {
      part = at + length <= bytes.length ? decoded(bytes.subarray(at, at + length)) : undefined;
      if (part !== undefined && [...part].length === 1) break;
    }
    name += length > 0 ? part : String.fromCharCode(firstEscape + (bytes[at] ?? 0));
    at += Math.max(1, length);
  }
  return name;
}

/**
 * Returns a path in the form that node:fs takes: the original bytes if {@link nameOf} escaped any, else the
 * string.
 */
export function systemPath(path: string): string | Buffer {
  if (path.isWellFormed()) return path;
  return Buffer.concat(
    [...path].map((character) => {
      const unit = character.charCodeAt(0);
      return character.length === 1 && unit >= firstEscape + 0x80 && unit <= firstEscape + 0xff
        ? Buffer.from([unit - firstEscape])
        : Buffer.from(character);
    }),
  );
}

/**
 * Returns a name as valid UTF-8, different for different names: lone surrogates become `\udcNN`, and
 * backslashes are doubled because these escapes begin with one.
 */
export function shownName(name: string): string {
  return name
    .replaceAll('\\', '\\\\')
    .replaceAll(/\p{Cs}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
