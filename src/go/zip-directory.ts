/**
 * Reads the central directory of a module zip as Go's module proxy creates it (PKWARE APPNOTE 4.3;
 * golang.org/x/mod/zip): no encryption, no ZIP64, stored or deflated. Any other zip is rejected.
 */
import { endBytes } from './module-zip.ts';

/** A file in a zip. */
export interface ZipFile {
  readonly name: string;
  readonly method: 'stored' | 'deflated';
  readonly crc32: number;
  /** Compressed and uncompressed size in bytes. */
  readonly packed: number;
  readonly size: number;
  /** Offset of its local header from the start of the zip, in bytes. */
  readonly header: number;
}

/** Thrown if a file is not a valid module zip; the message says why. */
export class ZipProblem extends Error {}

/** Offset and size of the central directory in bytes, and its number of files. */
export interface ZipIndex {
  readonly start: number;
  readonly bytes: number;
  readonly files: number;
}

/** Size in bytes of the fixed part of a local header, and of a central directory entry. */
export const headerBytes = 30;
const entryBytes = 46;
/**
 * Limits of a module zip: number of files, and bytes (golang.org/x/mod/zip: MaxZipFile). A Go release has
 * some 15,000 files.
 */
export const mostFiles = 100_000;
export const mostBytes = 500 * 1024 * 1024;

/**
 * Locates the central directory by the record at the end of a zip of `size` bytes; `tail` holds its last
 * bytes. Throws {@link ZipProblem}.
 */
export function zipIndexOf(tail: Uint8Array, size: number): ZipIndex {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  for (let at = tail.byteLength - endBytes; at >= 0; at--) {
    if (view.getUint32(at, true) !== 0x06054b50) continue;
    const [files, bytes, start] = [
      view.getUint16(at + 10, true),
      view.getUint32(at + 12, true),
      view.getUint32(at + 16, true),
    ];
    if (start === 0xffffffff || files === 0xffff) throw new ZipProblem('it is a ZIP64');
    if (start + bytes > size - (tail.byteLength - at)) throw new ZipProblem('its list of files is cut off');
    return { start, bytes, files };
  }
  throw new ZipProblem('it is no zip');
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

function fileAt(bytes: Uint8Array, view: DataView, at: number): { file: ZipFile; next: number } {
  if (at + entryBytes > bytes.byteLength || view.getUint32(at, true) !== 0x02014b50)
    throw new ZipProblem('its list of files is damaged');
  const [flags, method] = [view.getUint16(at + 8, true), view.getUint16(at + 10, true)];
  const [crc32, packed, size] = [16, 20, 24].map((offset) => view.getUint32(at + offset, true)) as [
    number,
    number,
    number,
  ];
  const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((offset) =>
    view.getUint16(at + offset, true),
  ) as [number, number, number];
  const end = at + entryBytes + nameBytes;
  if (end > bytes.byteLength) throw new ZipProblem('its list of files is damaged');
  if ((flags & 1) !== 0) throw new ZipProblem('it is encrypted');
  if (method !== 0 && method !== 8) throw new ZipProblem(`it has a file of method ${method}`);
  if (packed === 0xffffffff || size === 0xffffffff) throw new ZipProblem('it is a ZIP64');
  let name: string;
  try {
    name = decoder.decode(bytes.subarray(at + entryBytes, end));
  } catch {
    throw new ZipProblem('a name in it is no UTF-8');
  }
  const header = view.getUint32(at + 42, true);
  return {
    file: { name, method: method === 0 ? 'stored' : 'deflated', crc32, packed, size, header },
    next: end + extraBytes + commentBytes,
  };
}

/**
 * Returns the files in a central directory, in its order. Throws {@link ZipProblem} if it is damaged or
 * exceeds the limits of a module.
 */
export function zipFilesOf(list: Uint8Array, { files: count }: ZipIndex): readonly ZipFile[] {
  if (count > mostFiles) throw new ZipProblem(`it has more than ${mostFiles} files`);
  const view = new DataView(list.buffer, list.byteOffset, list.byteLength);
  const files: ZipFile[] = [];
  let at = 0;
  let bytes = 0;
  for (let index = 0; index < count; index++) {
    const { file, next } = fileAt(list, view, at);
    files.push(file);
    bytes += file.size;
    at = next;
  }
  if (bytes > mostBytes) throw new ZipProblem(`its files have more than ${mostBytes} bytes`);
  return files;
}

/**
 * Returns the files by their name without the prefix `path@version/`. Throws {@link ZipProblem} for a name
 * that escapes the directory, a duplicate name, or a name below another file: nothing of such a zip is
 * extracted.
 */
export function namesBelow(files: readonly ZipFile[], prefix: string): ReadonlyMap<string, ZipFile> {
  const found = new Map<string, ZipFile>();
  for (const file of files) {
    // Go ignores directory entries (modzip.Unzip).
    if (file.name.endsWith('/')) continue;
    if (!file.name.startsWith(prefix)) throw new ZipProblem(`a file in it is not below ${prefix}`);
    const name = file.name.slice(prefix.length);
    const parts = name.split('/');
    if (/[\0\n\\]/.test(name) || parts.some((part) => part === '' || part === '.' || part === '..'))
      throw new ZipProblem('a name in it leads elsewhere');
    if (found.has(name)) throw new ZipProblem('a name is in it twice');
    found.set(name, file);
  }
  for (const folder of foldersOf([...found.keys()]))
    if (found.has(folder)) throw new ZipProblem('a name in it is a file and a folder');
  return found;
}

/** Returns all directories of the names, parents first, without the root (`''`). */
export function foldersOf(names: readonly string[]): readonly string[] {
  const folders = new Set<string>();
  for (const name of names) {
    for (let at = name.lastIndexOf('/'); at > 0; at = name.lastIndexOf('/', at - 1)) {
      const folder = name.slice(0, at);
      if (folders.has(folder)) break;
      folders.add(folder);
    }
  }
  return [...folders].sort();
}
