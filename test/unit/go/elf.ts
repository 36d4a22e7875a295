/**
 * Makes ELF files of a few kilobytes that hold the build information of a Go program, for tests without a Go.
 */

/** The markers that the linker writes around the text of the modules. */
export const mark = '0w\xaf\f\x92t\b\x02A\xe1\xc1a\xe6\xd6\x18\xe6';
/** A module text. */
export const modules =
  'path\texample.com/m\nmod\texample.com/m\t(devel)\t\ndep\ta.b/c\tv1.0.0\th1:x=\n=>\td.e/f\tv1.1.0\th1:y=\nbuild\t-ldflags="-X a.b=c d"\nbuild\tGOOS=linux\n';

/** Variants of an ELF file. */
export interface Shape {
  readonly wide: boolean;
  readonly little: boolean;
  readonly inline: boolean;
  /** Keep the section headers. */
  readonly sections: boolean;
}

/** A small ELF file: header, one program header, data at 0x1000, strings, sections. */
export function makeElf(
  { wide, little, inline, sections }: Shape,
  version = 'go1.20.1',
  text = modules,
): Buffer {
  const file = Buffer.alloc(0x4000);
  const base = 0x400000;
  const put = (at: number, width: number, value: number) => {
    if (width === 8) file[little ? 'writeBigUInt64LE' : 'writeBigUInt64BE'](BigInt(value), at);
    else if (width === 4) file[little ? 'writeUInt32LE' : 'writeUInt32BE'](value, at);
    else file[little ? 'writeUInt16LE' : 'writeUInt16BE'](value, at);
  };
  const word = wide ? 8 : 4;
  file.set([0x7f, 0x45, 0x4c, 0x46, wide ? 2 : 1, little ? 1 : 2, 1]);
  put(wide ? 32 : 28, word, 0x40);
  put(wide ? 40 : 32, word, sections ? 0x3000 : 0);
  const [entry, sectionEntry] = wide ? [56, 64] : [32, 40];
  for (const [i, value] of [entry, 1, sectionEntry, sections ? 2 : 0, 1].entries()) {
    put((wide ? 54 : 42) + 2 * i, 2, value);
  }
  put(0x40, 4, 1);
  put(wide ? 0x44 : 0x40 + 24, 4, 6);
  put(0x40 + (wide ? 8 : 4), word, 0x1000);
  put(0x40 + (wide ? 16 : 8), word, base);
  put(0x40 + (wide ? 32 : 16), word, 0x2000);
  put(0x40 + (wide ? 40 : 20), word, 0x2000);
  // A misaligned magic comes first: readers must skip it.
  const magic = Buffer.from('\xff Go buildinf:', 'latin1');
  magic.copy(file, 0x1008);
  const at = 0x1020;
  magic.copy(file, at);
  file[at + 14] = word;
  const framed = Buffer.from(mark + text + mark, 'latin1');
  if (inline) {
    file[at + 15] = 2;
    const varint = (value: number) => (value < 128 ? [value] : [(value & 127) | 128, value >> 7]);
    file.set(
      [...varint(version.length), ...Buffer.from(version), ...varint(framed.length), ...framed],
      at + 32,
    );
  } else {
    file[at + 15] = little ? 0 : 1;
    put(at + 16, word, base + 0x100);
    put(at + 16 + word, word, base + 0x110);
    for (const [head, where, bytes] of [
      [0x1100, 0x200, Buffer.from(version)],
      [0x1110, 0x300, framed],
    ] as const) {
      put(head, word, base + where);
      put(head + word, word, bytes.length);
      bytes.copy(file, 0x1000 + where);
    }
  }
  if (sections) {
    file.write('\0.go.buildinfo\0', 0x2800);
    const section = (index: number, name: number, address: number, offset: number, size: number) => {
      const start = 0x3000 + index * sectionEntry;
      put(start, 4, name);
      put(start + (wide ? 16 : 12), word, address);
      put(start + (wide ? 24 : 16), word, offset);
      put(start + (wide ? 32 : 20), word, size);
    };
    section(0, 1, base, 0x1000, 0x2000);
    section(1, 0, 0, 0x2800, 64);
  }
  return file;
}
