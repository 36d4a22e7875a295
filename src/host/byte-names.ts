/**
 * Names of files that are no UTF-8. To Linux a name is bytes; a string of it would hold U+FFFD in the place of what cannot be read, and name no
 * file. Here each such byte 0xNN is the lone surrogate U+DCNN instead (as PEP 383 does it), which no name in UTF-8 can hold: the bytes can be had
 * back, and wherever text is shown it is seen as `\udcNN`.
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

/** The string of a name or path in bytes. */
export function nameOf(bytes: Uint8Array): string {
  const whole = decoded(bytes);
  if (whole !== undefined) return whole;
  let name = '';
  for (let at = 0; at < bytes.length; ) {
    let length = 4;
    let part: string | undefined;
    // The longest piece of one character; shorter ones of it are no UTF-8.
    for (; length > 0; length--) {
      part = at + length <= bytes.length ? decoded(bytes.subarray(at, at + length)) : undefined;
      if (part !== undefined && [...part].length === 1) break;
    }
    name += length > 0 ? part : String.fromCharCode(firstEscape + (bytes[at] ?? 0));
    at += Math.max(1, length);
  }
  return name;
}

/** A path as the system takes it: of a string of {@link nameOf} its bytes. */
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

/** A name for a text of UTF-8: no two names give the same one. Backslashes are doubled, for the escapes begin with one. */
export function shownName(name: string): string {
  return name
    .replaceAll('\\', '\\\\')
    .replaceAll(/\p{Cs}/gu, (unit) => `\\u${unit.charCodeAt(0).toString(16)}`);
}
