/**
 * Reads archives of compiled packages (`!<arch>`): compiler, platform, build id and package. Formats: ar(5)
 * as cmd/internal/archive reads it; the text before the export data (cmd/internal/buildid); the object file
 * (cmd/internal/goobj). Input is untrusted: counts and sizes are bounded, nothing throws.
 */
import type { ReadAt } from './executable.ts';

/** The header data of an archive. */
export interface GoArchive {
  /** GOOS and GOARCH that it was compiled for. */
  readonly os: string;
  readonly arch: string;
  /** Version of the compiler, as in `runtime.Version()`, without experiments. */
  readonly toolchain: string;
  readonly buildId: string;
  /** True if only Go's own compiler and assembler made the members: the action then determines the bytes. */
  readonly pure: boolean;
  /**
   * Header of the first object that differs from that of the archive. The linker refuses such an archive
   * ("linked object header mismatch"). The assembler of another release writes it silently if GOROOT is
   * switched in the middle of a build.
   */
  readonly mixedWith?: string;
}

const magic = '!<arch>\n';
const memberHeader = 60;
const maxMembers = 10_000;

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += 4096)
    text += String.fromCharCode(...bytes.subarray(at, at + 4096));
  return text;
}

interface Member {
  readonly name: string;
  readonly offset: number;
  readonly size: number;
}

function* membersOf(readAt: ReadAt, size: number): Generator<Member> {
  let at = magic.length;
  for (let count = 0; count < maxMembers && at + memberHeader <= size; count++) {
    const header = latin1(readAt(at, memberHeader));
    const length = /^ *(\d{1,10}) *$/.exec(header.slice(48, 58))?.[1];
    if (length === undefined || header.slice(58) !== '`\n') return;
    yield { name: header.slice(0, 16).trimEnd(), offset: at + memberHeader, size: Number(length) };
    at += memberHeader + Number(length) + (Number(length) & 1);
  }
}

/** Reads the headers of an archive; undefined if the file is no archive of Go's own compiler. */
export function readGoArchive(readAt: ReadAt, size: number): GoArchive | undefined {
  const head = latin1(readAt(0, magic.length + memberHeader + 1024));
  if (!head.startsWith(magic)) return undefined;
  const line =
    /^(go object (\S+) (\S+) (\S+)[^\n]*)\n(?:build id "([^"\n]*)"\n)?/.exec(
      head.slice(magic.length + memberHeader),
    ) ?? undefined;
  if (line === undefined) return undefined;
  const [, header = '', os = '', arch = '', toolchain = '', buildId = ''] = line;
  let pure = true;
  let mixedWith: string | undefined;
  for (const member of membersOf(readAt, size)) {
    if (member.size === 0) continue;
    const start = latin1(readAt(member.offset, Math.min(header.length + 64, member.size)));
    const object = start.startsWith('go object ');
    pure &&= object;
    if (object && !start.startsWith(`${header}\n`)) mixedWith ??= start.split('\n', 1)[0] as string;
  }
  return { os, arch, toolchain, buildId, pure, ...(mixedWith === undefined ? {} : { mixedWith }) };
}

/**
 * The symbol whose name ends in the package path (cmd/compile/internal/dwarfgen, RecordPackageName); before
 * 1.20 with a dot instead of the colon.
 */
const packageSymbol = /^go[.:]cuinfo\.packagename\.(.+)$/;
const symbolBytes = 21;
const symbolBlocks = { first: 3, end: 7 };
const headerBytes = 20 + 19 * 4;
const maxSymbolTable = 64 * 1024 * 1024;
/**
 * Bytes in which the start of the object is searched. Linker directives precede it: hundreds of lines in the
 * runtime of darwin.
 */
const maxObjectText = 256 * 1024;

/**
 * Returns the import path of the package in an archive (`main` for a command); undefined if its object file
 * cannot be parsed.
 */
export function packageOfArchive(readAt: ReadAt, size: number): string | undefined {
  for (const member of membersOf(readAt, size)) {
    if (member.name !== '_go_.o') continue;
    const text = latin1(readAt(member.offset, Math.min(maxObjectText, member.size)));
    const end = text.indexOf('\n!\n');
    return end === -1 ? undefined : packageOfObject(readAt, member.offset + end + 3);
  }
  return undefined;
}

function packageOfObject(readAt: ReadAt, start: number): string | undefined {
  const header = readAt(start, headerBytes);
  if (header.length < headerBytes || !/^\0go1\d\dld$/.test(latin1(header.subarray(0, 8)))) return undefined;
  const view = new DataView(header.buffer, header.byteOffset, header.byteLength);
  const block = (index: number) => view.getUint32(20 + 4 * index, true);
  const first = block(symbolBlocks.first);
  const bytes = readAt(start + first, Math.min(block(symbolBlocks.end) - first, maxSymbolTable));
  const symbols = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at + symbolBytes <= bytes.length; at += symbolBytes) {
    const length = symbols.getUint32(at, true);
    if (length < 24 || length > 4096) continue;
    const name = packageSymbol.exec(latin1(readAt(start + symbols.getUint32(at + 4, true), length)))?.[1];
    if (name !== undefined) return name;
  }
  return undefined;
}
