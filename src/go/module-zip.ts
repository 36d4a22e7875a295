/** The end of a module's zip: archive/zip (reader.go, readDirectoryEnd) takes no file for a zip that has no directory at its end. */

/** Bytes of the record at the end, and the most that a comment may put behind it. */
export const endBytes = 22;
export const endLimit = endBytes + 0xffff;

/**
 * Whether the last bytes of a file (at most {@link endLimit} are needed) end a zip of this size: the record is there, and the directory that it
 * tells of lies before it. Go says "zip: not a valid zip file" to anything else.
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
