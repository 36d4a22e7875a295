/**
 * What lies in a build cache (cmd/go/internal/cache/cache.go of Go 1.19–1.27): action entries `<id>-a` that lead to outputs `<id>-d`, in
 * 256 directories by the first byte of the id. An output is named by the SHA-256 of its content; an action by a hash of everything that
 * it was made from.
 */

/** An action entry, parsed. Ids are 64 hex digits. */
export interface CacheAction {
  readonly output: string;
  /** Bytes of the output. */
  readonly size: number;
  /** When the entry was written, nanoseconds since the epoch, as text: it needs more bits than a number has. */
  readonly time: string;
}

/** Bytes of every action entry (cache.go, entrySize). */
export const actionSize = 2 + 1 + 64 + 1 + 64 + 1 + 20 + 1 + 20 + 1;

const decimal = /^ *(\d{1,19})$/;

/**
 * Parses the text of `<id>-a` as strictly as cache.go does: anything else is a miss to go, and the action runs again. Undefined when it is
 * no entry of that action.
 */
export function parseAction(text: string, id: string): CacheAction | undefined {
  if (text.length !== actionSize || !text.startsWith('v1 ') || !text.endsWith('\n')) return undefined;
  const [action, output, size, time] = [
    text.slice(3, 67),
    text.slice(68, 132),
    text.slice(133, 153),
    text.slice(154, 174),
  ] as [string, string, string, string];
  if (text[67] !== ' ' || text[132] !== ' ' || text[153] !== ' ') return undefined;
  if (action !== id || !/^[0-9a-f]{64}$/.test(output)) return undefined;
  const [bytes, nanoseconds] = [decimal.exec(size)?.[1], decimal.exec(time)?.[1]];
  if (bytes === undefined || nanoseconds === undefined || !Number.isSafeInteger(Number(bytes)))
    return undefined;
  return { output, size: Number(bytes), time: nanoseconds };
}

/** What a name in a directory of the cache is; undefined for anything that go did not put there. */
export function cacheEntryName(
  name: string,
): { readonly kind: 'action' | 'output'; readonly id: string } | undefined {
  const match = /^([0-9a-f]{64})-([ad])$/.exec(name);
  if (match === null) return undefined;
  return { kind: match[2] === 'a' ? 'action' : 'output', id: match[1] as string };
}

/** The two hex digits of a directory that holds entries. */
export const cacheDirectoryName = /^[0-9a-f]{2}$/;

/** What an output is, by its first bytes. */
export type OutputClass = 'archive' | 'index' | 'empty' | 'text' | 'other';

/** An output as its first kilobyte tells. */
export interface OutputDescription {
  readonly class: OutputClass;
  /** Go version that compiled an archive, `go1.27.4`. */
  readonly goVersion?: string;
  readonly goos?: string;
  readonly goarch?: string;
  /** The part of an archive's build id that names its action: the first 15 bytes of the action's id in base64url. */
  readonly actionPart?: string;
}

/** Bytes that {@link describeOutput} needs at most. */
export const describedBytes = 1024;

const archive = /^!<arch>\n__\.PKGDEF {7}[^\n]{0,48}`\n/;
const goObject = /^go object (\S+) (\S+) (\S+)[^\n]*\n(?:build id "([^"\n]*)"\n)?/;

/**
 * Tells what an output is. An archive of cmd/compile begins with `__.PKGDEF`, whose first line is objabi.HeaderString and whose second the
 * build id `action/content` (cmd/go/internal/work/buildid.go: buildid.HashToString of the action id).
 */
export function describeOutput(head: Uint8Array): OutputDescription {
  if (head.length === 0) return { class: 'empty' };
  const text = Buffer.from(head.buffer, head.byteOffset, Math.min(head.length, describedBytes)).toString(
    'latin1',
  );
  if (text.startsWith('go index v')) return { class: 'index' };
  const start = archive.exec(text);
  if (start !== null) {
    const header = goObject.exec(text.slice(start[0].length));
    if (header === null) return { class: 'archive' };
    const [, goos = '', goarch = '', goVersion = '', buildId] = header;
    const actionPart = buildId?.split('/')[0];
    return { class: 'archive', goos, goarch, goVersion, ...(actionPart ? { actionPart } : {}) };
  }
  return { class: /^[\t\n\r\x20-\x7e]*$/.test(text) ? 'text' : 'other' };
}

/** The action part of the build id that an archive of this action has: base64url of 15 bytes (cmd/internal/buildid, HashToString). */
export function actionPartOf(action: string): string {
  return Buffer.from(action.slice(0, 30), 'hex').toString('base64url');
}

const producer = Buffer.from('go:cuinfo.producer.');
const goobjMagic = /\0go1\d\dld/;

/**
 * The import path of the package in an archive, from the name of its compile-unit symbol. Names lie end to end in the object's string
 * table (cmd/internal/goobj, stringRef): the length stands in the symbol that refers to it.
 */
export function archivePackage(bytes: Uint8Array): string | undefined {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const object = goobjMagic.exec(
    buffer.toString('latin1', 0, Math.min(buffer.length, 32 * 1024 * 1024)),
  )?.index;
  const name = buffer.indexOf(producer);
  if (object === undefined || name < object) return undefined;
  const offset = Buffer.alloc(4);
  offset.writeUInt32LE(name - object);
  for (let at = buffer.indexOf(offset, object); at !== -1; at = buffer.indexOf(offset, at + 1)) {
    const length = at >= 4 ? buffer.readUInt32LE(at - 4) : 0;
    if (length <= producer.length || length > 4096) continue;
    const path = buffer.toString('utf8', name + producer.length, name + length);
    if (/^[\x21-\x7e]+$/.test(path)) return path;
  }
  return undefined;
}

/** The seconds since the epoch in `trim.txt`, when go last trimmed the cache; undefined when it holds anything else. */
export function parseTrimTime(text: string): number | undefined {
  const match = /^(\d{1,12})\n?$/.exec(text.trim());
  return match === null ? undefined : Number(match[1]);
}
