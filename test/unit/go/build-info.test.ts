import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuildInfo, parseModuleInfo, readBuildInfo } from '../../../src/go/build-info.ts';
import { readExecutable } from '../../../src/go/executable.ts';

const mark = '0w\xaf\f\x92t\b\x02A\xe1\xc1a\xe6\xd6\x18\xe6';
const modules =
  'path\texample.com/m\nmod\texample.com/m\t(devel)\t\ndep\ta.b/c\tv1.0.0\th1:x=\n=>\td.e/f\tv1.1.0\th1:y=\nbuild\t-ldflags="-X a.b=c d"\nbuild\tGOOS=linux\n';

interface Shape {
  readonly wide: boolean;
  readonly little: boolean;
  readonly inline: boolean;
  /** Keep the section headers. */
  readonly sections: boolean;
}

/** A small ELF file: header, one program header, data at 0x1000, strings, sections. */
function makeElf({ wide, little, inline, sections }: Shape, version = 'go1.20.1', text = modules): Buffer {
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
  // A misaligned magic comes first: it must not be taken.
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

const read = (file: Uint8Array) =>
  readBuildInfo((offset, length) => file.subarray(offset, offset + length), file.length);

const expected: BuildInfo = {
  goVersion: 'go1.20.1',
  path: 'example.com/m',
  main: { path: 'example.com/m', version: '(devel)', sum: '' },
  deps: [
    {
      path: 'a.b/c',
      version: 'v1.0.0',
      sum: 'h1:x=',
      replace: { path: 'd.e/f', version: 'v1.1.0', sum: 'h1:y=' },
    },
  ],
  settings: [
    { key: '-ldflags', value: '-X a.b=c d' },
    { key: 'GOOS', value: 'linux' },
  ],
};

describe('readBuildInfo', () => {
  const both = [true, false];
  const shapes = both.flatMap((wide) =>
    both.flatMap((little) =>
      both.flatMap((inline) => both.map((sections) => ({ wide, little, inline, sections }))),
    ),
  );
  test.each(shapes)(
    'ELF, 64 bits $wide, little endian $little, inline $inline, sections $sections',
    (shape) => {
      expect(read(makeElf(shape))).toEqual(expected);
    },
  );

  test('reads kilobytes, not the file', () => {
    const file = makeElf({ wide: true, little: true, inline: true, sections: true });
    let bytes = 0;
    readBuildInfo((offset, length) => {
      bytes += length;
      return file.subarray(offset, offset + length);
    }, 500_000_000);
    expect(bytes).toBeLessThan(64_000);
  });

  test('says what a file is not', () => {
    expect(read(Buffer.from('#!/bin/sh\necho hello, this is a script\n'))).toEqual({
      error: 'not-executable',
    });
    expect(read(Buffer.alloc(0))).toEqual({ error: 'not-executable' });
    expect(read(makeElf({ wide: true, little: true, inline: true, sections: true }, ''))).toEqual({
      error: 'no-build-info',
    });
    expect(
      read(makeElf({ wide: true, little: true, inline: true, sections: false }).subarray(0, 0x1010)),
    ).toEqual({ error: 'truncated' });
  });

  const whole = shapes.map((shape) => makeElf(shape));
  const damage = fc.record({
    file: fc.constantFrom(...whole),
    // Near headers, magic and lengths, where a change leads astray.
    spots: fc.array(
      fc.tuple(
        fc.oneof(
          fc.integer({ min: 0, max: 0x80 }),
          fc.integer({ min: 0x1000, max: 0x1400 }),
          fc.integer({ min: 0x3000, max: 0x3080 }),
        ),
        fc.integer({ min: 0, max: 255 }),
      ),
      { maxLength: 40 },
    ),
    end: fc.integer({ min: 0, max: 0x4000 }),
  });
  test('hostile files neither throw nor read without end', () => {
    fc.assert(
      fc.property(damage, ({ file, spots, end }) => {
        const copy = Uint8Array.from(file.subarray(0, end));
        for (const [at, value] of spots) if (at < copy.length) copy[at] = value;
        let calls = 0;
        const result = readBuildInfo((offset, length) => {
          calls++;
          expect(length).toBeLessThanOrEqual(17 << 20);
          expect(Number.isSafeInteger(offset) && offset >= 0).toBe(true);
          return copy.subarray(offset, offset + length);
        }, copy.length);
        expect(calls).toBeLessThan(400);
        expect('error' in result || result.goVersion.length > 0).toBe(true);
      }),
      { numRuns: 3000 },
    );
  });

  test('any bytes behind any magic', () => {
    const heads = [
      '7f454c46',
      '4d5a',
      'cafebabe',
      'cafebabf',
      'feedface',
      'feedfacf',
      'cefaedfe',
      'cffaedfe',
      '000001eb',
      '00008a97',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...heads), fc.uint8Array({ maxLength: 512 }), (head, rest) => {
        const file = Buffer.concat([Buffer.from(head, 'hex'), rest]);
        read(file);
        readExecutable((offset, length) => file.subarray(offset, offset + length), file.length);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('parseModuleInfo', () => {
  test('quoted settings', () => {
    const { settings } = parseModuleInfo(
      String.raw`build	-tags="a\tb\u00e9\x41\"`.concat(
        '"\nbuild\t`odd key`=v\nbuild\t"k=1"=`raw`\nbuild\tbroken\nbuild\t-x="open\n',
      ),
    );
    expect(settings).toEqual([
      { key: '-tags', value: 'a\tbéA"' },
      { key: 'odd key', value: 'v' },
      { key: 'k=1', value: 'raw' },
    ]);
  });
  test('a replacement belongs to the line before it, once', () => {
    const text = 'mod\tm\tv1\n=>\tn\tv2\th1:a\n=>\to\tv3\th1:b\ndep\tp\tv4\n=>\tq\tv5\n';
    expect(parseModuleInfo(text)).toMatchObject({
      main: { path: 'm', version: 'v1', replace: { path: 'n', version: 'v2', sum: 'h1:a' } },
      deps: [{ path: 'p', version: 'v4', sum: '' }],
    });
  });
  test('is total', () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string(),
            fc.constantFrom('mod\ta', 'dep\ta\tb', '=>\ta\tb\tc', 'build\t"\\', 'build\t='),
          ),
        ),
        (lines) => void parseModuleInfo(lines.join('\n')),
      ),
    );
  });
});
