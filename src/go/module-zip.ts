/**
 * Detects truncated module zips by their end: archive/zip rejects files without an end-of-central-directory
 * record (reader.go, readDirectoryEnd).
 */

/**
 * Size of that record in bytes, and its largest distance from the end of the file: a comment of up to 65535
 * bytes may follow.
 */
export const endBytes = 22;
export const endLimit = endBytes + 0xffff;

/**
 * Reports whether the last bytes of a file of `size` bytes end a zip: they hold the record, and the directory
 * that the record points to fits before it. At most {@link endLimit} bytes are needed. Go rejects any other
 * file with "zip: not a valid zip file".
 */
export function endsAsZip(tail: Uint8Array, size: number): boolean {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    if (at + endBytes + view.getUint16(at + 20, true) > tail.byteLength) continue;
    const directory = view.getUint32(at + 12, true) + view.getUint32(at + 16, true);
    return directory <= size - (tail.byteLength - at);
  }
  return false;
}
