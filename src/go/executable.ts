/**
 * Parses executables as far as build information needs: maps virtual addresses to file offsets and locates
 * the data of Go's linker. Supports ELF (System V ABI), Mach-O (mach-o/loader.h), PE (Microsoft PE/COFF) and
 * Plan 9 a.out. The data section is chosen as in debug/buildinfo. Input is untrusted: counts and sizes are
 * bounded, nothing throws.
 */

/** Reads up to `length` bytes at `offset`, fewer at the end of the file. */
export type ReadAt = (offset: number, length: number) => Uint8Array;

/** A range of the file that is mapped at an address when the program runs. */
export interface Segment {
  readonly address: number;
  readonly offset: number;
  readonly size: number;
}

/**
 * A parsed executable. `data` is the range that may hold build information: Go's own section, else the first
 * writable data.
 */
export interface Executable {
  readonly segments: readonly Segment[];
  readonly data: { readonly address: number; readonly size: number } | undefined;
}

/** Largest number of headers that are read from one table; Go's linkers write a few dozen. */
const maxHeaders = 4096;
/** Largest table of section names that is read, in bytes. */
const maxNames = 1 << 20;

/**
 * Parses the headers of an executable of `size` bytes. Returns undefined if the file is of no known format or
 * its headers point outside the file.
 */
export function readExecutable(readAt: ReadAt, size: number): Executable | undefined {
  const ident = readAt(0, 64);
  if (ident.length < 16) return undefined;
  const magic = fieldsOf(ident, false).u32(0);
  if (magic === 0x7f454c46) return readElf(readAt, ident);
  if (magic >>> 16 === 0x4d5a) return readPe(readAt, ident);
  if (magic === 0xcafebabe || magic === 0xcafebabf) return readFatMacho(readAt, size, magic === 0xcafebabf);
  if (machoMagics.has(magic)) return readMacho(readAt, 0, size);
  return plan9Magics.has(magic) ? readPlan9(ident) : undefined;
}

const machoMagics = new Set([0xfeedface, 0xfeedfacf, 0xcefaedfe, 0xcffaedfe]);
const plan9Magics = new Set([0x1eb, 0x8a97, 0x647]);

/** Reads unsigned numbers at byte offsets; a read out of bounds gives 0. */
interface Fields {
  readonly u16: (at: number) => number;
  readonly u32: (at: number) => number;
  /** Exact up to 2^53. Larger values cannot be valid offsets, and callers reject them. */
  readonly u64: (at: number) => number;
}

function fieldsOf(bytes: Uint8Array, little: boolean): Fields {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const inside = (at: number, length: number) => at + length <= view.byteLength;
  return {
    u16: (at) => (inside(at, 2) ? view.getUint16(at, little) : 0),
    u32: (at) => (inside(at, 4) ? view.getUint32(at, little) : 0),
    u64: (at) => (inside(at, 8) ? Number(view.getBigUint64(at, little)) : 0),
  };
}

function usable(segment: Segment): boolean {
  const { address, offset, size } = segment;
  return size > 0 && Number.isSafeInteger(address + size) && Number.isSafeInteger(offset + size);
}

function text(bytes: Uint8Array, start: number, limit: number): string {
  let end = start;
  while (end < bytes.length && end < start + limit && bytes[end] !== 0) end++;
  return String.fromCharCode(...bytes.subarray(start, end));
}

interface ElfLayout {
  readonly wide: boolean;
  readonly little: boolean;
}

function readElf(readAt: ReadAt, ident: Uint8Array): Executable | undefined {
  const layout = { wide: ident[4] === 2, little: ident[5] === 1 };
  if ((ident[4] !== 1 && !layout.wide) || (ident[5] !== 2 && !layout.little)) return undefined;
  const header = fieldsOf(ident, layout.little);
  const at = layout.wide
    ? { programs: header.u64(32), sections: header.u64(40), programSize: 54, sectionSize: 58 }
    : { programs: header.u32(28), sections: header.u32(32), programSize: 42, sectionSize: 46 };
  const programs = table(readAt, at.programs, header.u16(at.programSize), header.u16(at.programSize + 2));
  const sections = table(readAt, at.sections, header.u16(at.sectionSize), header.u16(at.sectionSize + 2));
  const loads = programs.map((bytes) => elfProgram(fieldsOf(bytes, layout.little), layout.wide));
  const own = elfSection(readAt, sections, header.u16(at.sectionSize + 4), layout);
  // Without section headers the data is the first loaded segment that is writable and not executable.
  const writable = loads.find((each) => each.type === 1 && (each.flags & 3) === 2);
  return {
    segments: loads.filter(usable),
    data: own ?? (writable && { address: writable.address, size: Math.min(writable.memory, writable.size) }),
  };
}

function table(readAt: ReadAt, offset: number, entry: number, count: number): Uint8Array[] {
  if (offset === 0 || entry < 16 || entry > 1024 || !Number.isSafeInteger(offset)) return [];
  const bytes = readAt(offset, entry * Math.min(count, maxHeaders));
  const whole = Math.floor(bytes.length / entry);
  return Array.from({ length: whole }, (_, i) => bytes.subarray(i * entry, (i + 1) * entry));
}

function elfProgram(f: Fields, wide: boolean): Segment & { type: number; flags: number; memory: number } {
  return wide
    ? {
        type: f.u32(0),
        flags: f.u32(4),
        offset: f.u64(8),
        address: f.u64(16),
        size: f.u64(32),
        memory: f.u64(40),
      }
    : {
        type: f.u32(0),
        flags: f.u32(24),
        offset: f.u32(4),
        address: f.u32(8),
        size: f.u32(16),
        memory: f.u32(20),
      };
}

function elfSection(
  readAt: ReadAt,
  sections: readonly Uint8Array[],
  namesIndex: number,
  { wide, little }: ElfLayout,
) {
  const read = (bytes: Uint8Array) => {
    const f = fieldsOf(bytes, little);
    return wide
      ? { name: f.u32(0), address: f.u64(16), offset: f.u64(24), size: f.u64(32) }
      : { name: f.u32(0), address: f.u32(12), offset: f.u32(16), size: f.u32(20) };
  };
  const namesHeader = sections[namesIndex];
  if (!namesHeader) return undefined;
  const { offset, size } = read(namesHeader);
  if (!Number.isSafeInteger(offset)) return undefined;
  const names = readAt(offset, Math.min(size, maxNames));
  const found = sections.map(read).find((section) => text(names, section.name, 16) === '.go.buildinfo');
  return found && { address: found.address, size: found.size };
}

function readFatMacho(readAt: ReadAt, size: number, wide: boolean): Executable | undefined {
  // Takes the first architecture, as debug/buildinfo does. Headers are big-endian.
  const f = fieldsOf(readAt(8, 32), false);
  const offset = wide ? f.u64(8) : f.u32(8);
  const length = wide ? f.u64(16) : f.u32(12);
  if (!Number.isSafeInteger(offset + length) || offset + length > size) return undefined;
  return readMacho(readAt, offset, length);
}

function readMacho(readAt: ReadAt, base: number, size: number): Executable | undefined {
  const start = readAt(base, 32);
  const magic = fieldsOf(start, false).u32(0);
  if (!machoMagics.has(magic)) return undefined;
  const little = magic === 0xcefaedfe || magic === 0xcffaedfe;
  const wide = magic === 0xfeedfacf || magic === 0xcffaedfe;
  const header = fieldsOf(start, little);
  const commands = readAt(base + (wide ? 32 : 28), Math.min(header.u32(20), maxNames, size));
  const segments: Segment[] = [];
  let data: Executable['data'];
  let at = 0;
  for (let i = 0; i < Math.min(header.u32(16), maxHeaders) && at + 8 <= commands.length; i++) {
    const bytes = commands.subarray(at);
    const f = fieldsOf(bytes, little);
    const length = f.u32(4);
    if (length < 8) break;
    if (f.u32(0) === (wide ? 0x19 : 1)) {
      const segment = machoSegment(f, wide, base);
      if (text(bytes, 8, 16) !== '__PAGEZERO' && usable(segment)) segments.push(segment);
      data ??= machoSection(bytes.subarray(0, length), little, wide);
    }
    at += length;
  }
  return { segments, data };
}

function machoSegment(f: Fields, wide: boolean, base: number): Segment {
  return wide
    ? { address: f.u64(24), offset: base + f.u64(40), size: f.u64(48) }
    : { address: f.u32(24), offset: base + f.u32(32), size: f.u32(36) };
}

function machoSection(bytes: Uint8Array, little: boolean, wide: boolean): Executable['data'] {
  const [first, length] = wide ? [72, 80] : [56, 68];
  for (let at = first; at + length <= bytes.length; at += length) {
    if (text(bytes, at, 16) !== '__go_buildinfo') continue;
    const f = fieldsOf(bytes.subarray(at), little);
    return wide ? { address: f.u64(32), size: f.u64(40) } : { address: f.u32(32), size: f.u32(36) };
  }
  return undefined;
}

function readPe(readAt: ReadAt, ident: Uint8Array): Executable | undefined {
  const start = fieldsOf(ident, true).u32(60);
  const coff = readAt(start, 24);
  const header = fieldsOf(coff, true);
  if (header.u32(0) !== 0x4550) return undefined;
  const optionalSize = header.u16(20);
  const optional = fieldsOf(readAt(start + 24, Math.min(optionalSize, 256)), true);
  const imageBase = optional.u16(0) === 0x20b ? optional.u64(24) : optional.u32(28);
  const sections = table(readAt, start + 24 + optionalSize, 40, header.u16(6)).map((bytes) => {
    const f = fieldsOf(bytes, true);
    const memory = f.u32(8);
    return { memory, virtual: f.u32(12), size: f.u32(16), offset: f.u32(20), traits: f.u32(36) };
  });
  // Initialized, readable and writable data, with no other flags than those of 32-byte alignment.
  const data = sections.find(
    ({ virtual, size, traits }) => virtual !== 0 && size !== 0 && (traits & ~0x600000) >>> 0 === 0xc0000040,
  );
  return {
    segments: sections
      .map(({ virtual, size, offset }) => ({ address: imageBase + virtual, offset, size }))
      .filter(usable),
    data: data && { address: imageBase + data.virtual, size: data.memory },
  };
}

function readPlan9(ident: Uint8Array): Executable {
  const f = fieldsOf(ident, false);
  // Addresses in this format are file offsets (debug/plan9obj). 64-bit headers are 8 bytes longer.
  const offset = (f.u32(0) === 0x8a97 ? 40 : 32) + f.u32(4);
  const data = { address: offset, size: f.u32(8) };
  return { segments: [{ ...data, offset }].filter(usable), data };
}
