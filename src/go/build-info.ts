/**
 * Reads the build information that Go's linker puts into every binary: src/debug/buildinfo/buildinfo.go
 * defines its location and encoding, src/runtime/debug/mod.go its text. Supports both encodings: inline
 * strings (since Go 1.18) and pointers to strings (1.13–1.17). Reads only some kilobytes, whatever the size
 * of the binary; any file gives a result.
 */
import { type Executable, type ReadAt, readExecutable } from './executable.ts';
import { decodeGoString } from './goenv.ts';

/** A module that was linked into a binary. */
export interface BuildModule {
  readonly path: string;
  readonly version: string;
  /** `h1:…`, '' for a module of the workspace. */
  readonly sum: string;
  readonly replace?: { readonly path: string; readonly version: string; readonly sum: string };
}

/** The build information of a binary, as `go version -m` shows it. */
export interface BuildInfo {
  /** `runtime.Version()` of the toolchain that built it. */
  readonly goVersion: string;
  /** Import path of the main package; '' where it was built without modules. */
  readonly path: string;
  readonly main?: BuildModule;
  readonly deps: readonly BuildModule[];
  /**
   * In the order of the binary: `-ldflags`, `GOOS`, `vcs.revision` … A value of -ldflags may hold secrets.
   */
  readonly settings: readonly { readonly key: string; readonly value: string }[];
}

/**
 * Why a file has no build information. `truncated`: a segment extends past the end of the file, as while it
 * is copied.
 */
export interface BuildInfoError {
  readonly error: 'not-executable' | 'no-build-info' | 'truncated';
}

const magic = Uint8Array.from([0xff, 0x20, ...[...'Go buildinf:'].map((c) => c.charCodeAt(0))]);
const headerSize = 32;
const align = 16;
const chunkSize = 1 << 20;
/**
 * Longest string that is accepted, in bytes. The module text of the largest programs has some hundred
 * kilobytes; the limit protects against crafted files, since anybody can put a file on a PATH.
 */
const maxString = 2 << 20;
/** Number of bytes of a data segment that are searched; the linker puts the magic at its beginning. */
const maxSearched = 256 << 20;

/** Reads the build information of a file of `size` bytes. Throws only if `readAt` throws. */
export function readBuildInfo(readAt: ReadAt, size: number): BuildInfo | BuildInfoError {
  const executable = readExecutable(readAt, size);
  if (!executable) return { error: 'not-executable' };
  const beyond = executable.segments.some((segment) => segment.offset + segment.size > size);
  const missing = { error: beyond ? 'truncated' : 'no-build-info' } as const;
  if (!executable.data) return missing;
  const memory = memoryOf(executable, readAt, size);
  const at = findMagic(memory, executable.data);
  if (at === undefined) return missing;
  const strings = readStrings(memory, at);
  if (!strings?.version) return missing;
  return { goVersion: strings.version, ...parseModuleInfo(strings.modules) };
}

/** Reads up to `length` bytes at a virtual address, at most to the end of its segment. */
type Memory = (address: number, length: number) => Uint8Array;

const nothing = new Uint8Array(0);

function memoryOf({ segments }: Executable, readAt: ReadAt, size: number): Memory {
  return (address, length) => {
    const segment = segments.find((each) => each.address <= address && address < each.address + each.size);
    if (!segment) return nothing;
    const skipped = address - segment.address;
    const offset = segment.offset + skipped;
    const available = Math.min(length, segment.size - skipped, size - offset);
    return available > 0 ? readAt(offset, available) : nothing;
  };
}

/** Returns the address of the first magic that is aligned to 16 bytes. */
function findMagic(
  memory: Memory,
  data: { readonly address: number; readonly size: number },
): number | undefined {
  const end = data.address + Math.min(data.size, maxSearched);
  if (!Number.isSafeInteger(end)) return undefined;
  for (let start = Math.ceil(data.address / align) * align; start < end; start += chunkSize) {
    const bytes = memory(start, Math.min(chunkSize, end - start));
    if (bytes.length === 0) return undefined;
    for (let i = 0; i + magic.length <= bytes.length; i += align) {
      if (bytes[i] === 0xff && magic.every((byte, k) => bytes[i + k] === byte)) return start + i;
    }
  }
  return undefined;
}

function readStrings(memory: Memory, at: number): { version: string; modules: string } | undefined {
  const header = memory(at, headerSize);
  if (header.length < headerSize) return undefined;
  const flags = header[15] ?? 0;
  if ((flags & 2) !== 0) {
    const version = readInline(memory, at + headerSize);
    const modules = version && readInline(memory, version.next);
    return version && modules && { version: decodeGoString(version.bytes), modules: unframe(modules.bytes) };
  }
  const width = header[14] ?? 0;
  if (width !== 4 && width !== 8) return undefined;
  const pointer = (bytes: Uint8Array, offset: number) => readPointer(bytes, offset, width, (flags & 1) === 0);
  const follow = (offset: number) => {
    const head = memory(pointer(header, offset), 2 * width);
    if (head.length < 2 * width) return nothing;
    const length = pointer(head, width);
    const bytes = length <= maxString ? memory(pointer(head, 0), length) : nothing;
    return bytes.length === length ? bytes : nothing;
  };
  return { version: decodeGoString(follow(16)), modules: unframe(follow(16 + width)) };
}

function readPointer(bytes: Uint8Array, offset: number, width: number, little: boolean): number {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return width === 4 ? view.getUint32(offset, little) : Number(view.getBigUint64(offset, little));
}

/** Reads a string that is preceded by its length (encoding/binary's unsigned varint, at most 10 bytes). */
function readInline(memory: Memory, at: number): { bytes: Uint8Array; next: number } | undefined {
  let length = 0;
  let scale = 1;
  let used = 0;
  for (const byte of memory(at, 10)) {
    used++;
    length += (byte & 0x7f) * scale;
    scale *= 128;
    if (byte < 0x80) {
      if (length > maxString) return undefined;
      const bytes = memory(at + used, length);
      return bytes.length === length ? { bytes, next: at + used + length } : undefined;
    }
  }
  return undefined;
}

/** Returns the module text without its framing, a marker of 16 bytes at either end. */
function unframe(bytes: Uint8Array): string {
  const framed = bytes.length >= 33 && bytes[bytes.length - 17] === 0x0a;
  return framed ? decodeGoString(bytes.subarray(16, -16)) : '';
}

/**
 * Parses the module text of a binary. Malformed lines, which Go's own parser rejects, are skipped: the
 * version of a binary is useful even if one of its settings is malformed.
 */
export function parseModuleInfo(text: string): Omit<BuildInfo, 'goVersion'> {
  let path = '';
  let main: BuildModule | undefined;
  const deps: BuildModule[] = [];
  const settings: { key: string; value: string }[] = [];
  let replace: ((by: BuildModule) => void) | undefined;
  for (const line of text.split('\n')) {
    const [word = '', ...columns] = line.split('\t');
    const rest = line.slice(word.length + 1);
    if (word === 'path') path = rest;
    else if (word === 'mod') {
      const module = readModule(columns);
      main = module ?? main;
      replace = module && ((by) => (main = { ...module, replace: by }));
    } else if (word === 'dep') {
      const dep = readModule(columns);
      const index = deps.length;
      if (dep) deps.push(dep);
      replace = dep && ((by) => (deps[index] = { ...dep, replace: by }));
    } else if (word === '=>') {
      const by = columns.length === 3 ? readModule(columns) : undefined;
      if (by) replace?.(by);
      replace = undefined;
    } else if (word === 'build') {
      const setting = readSetting(rest);
      if (setting) settings.push(setting);
    }
  }
  return { path, ...(main && { main }), deps, settings };
}

function readModule(columns: readonly string[]): BuildModule | undefined {
  const [path, version, sum = ''] = columns;
  return path !== undefined && version !== undefined && columns.length <= 3
    ? { path, version, sum }
    : undefined;
}

function readSetting(text: string): { key: string; value: string } | undefined {
  const quoted = /^(?:"(?:[^"\\]|\\.)*"|`[^`]*`)(?==)/s.exec(text)?.[0];
  const cut = quoted === undefined ? text.indexOf('=') : quoted.length;
  if (cut <= 0) return undefined;
  const key = unquoteGo(text.slice(0, cut));
  const value = unquoteGo(text.slice(cut + 1));
  return key === undefined || value === undefined ? undefined : { key, value };
}

const simpleEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '\\': '\\',
  "'": "'",
  '"': '"',
};

/**
 * Unquotes text as strconv.Unquote does; text without quotes is returned as is, a malformed literal gives
 * undefined.
 */
function unquoteGo(text: string): string | undefined {
  const quote = text.charAt(0);
  if (quote !== '"' && quote !== '`') return text;
  if (text.length < 2 || !text.endsWith(quote)) return undefined;
  const inner = text.slice(1, -1);
  if (quote === '`') return inner.includes('`') ? undefined : inner.replaceAll('\r', '');
  if (!inner.includes('\\')) return inner;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  const pattern =
    /\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|([abfnrtv\\'"]))|([^\\]+)/gy;
  let end = 0;
  for (const [whole, hex, u4, u8, octal, simple, plain] of inner.matchAll(pattern)) {
    end += whole.length;
    if (hex !== undefined) bytes.push(Number.parseInt(hex, 16));
    else if (octal !== undefined) bytes.push(Number.parseInt(octal, 8) & 0xff);
    else {
      const rune = Number.parseInt(u4 ?? u8 ?? '0', 16);
      const piece =
        simple === undefined
          ? (plain ?? (rune <= 0x10ffff ? String.fromCodePoint(rune) : '\ufffd'))
          : simpleEscapes[simple];
      for (const byte of encoder.encode(piece)) bytes.push(byte);
    }
  }
  return end === inner.length ? decodeGoString(Uint8Array.from(bytes)) : undefined;
}
