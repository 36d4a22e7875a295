import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BuildInfo, parseModuleInfo, readBuildInfo } from '../../../src/go/build-info.ts';
import { readExecutable } from '../../../src/go/executable.ts';
import { makeElf } from './elf.ts';

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

  test('reads less than 64 kB of a large file', () => {
    const file = makeElf({ wide: true, little: true, inline: true, sections: true });
    let bytes = 0;
    readBuildInfo((offset, length) => {
      bytes += length;
      return file.subarray(offset, offset + length);
    }, 500_000_000);
    expect(bytes).toBeLessThan(64_000);
  });

  test('reports why a file has no build information', () => {
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
    // Offsets of headers, magic and lengths, where damage does the most harm.
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
  test('neither throws nor reads endlessly on damaged files', () => {
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

  test('never throws on random bytes after a known magic', () => {
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
  test('reads quoted settings', () => {
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
  test('assigns only the first replacement to the module line before it', () => {
    const text = 'mod\tm\tv1\n=>\tn\tv2\th1:a\n=>\to\tv3\th1:b\ndep\tp\tv4\n=>\tq\tv5\n';
    expect(parseModuleInfo(text)).toMatchObject({
      main: { path: 'm', version: 'v1', replace: { path: 'n', version: 'v2', sum: 'h1:a' } },
      deps: [{ path: 'p', version: 'v4', sum: '' }],
    });
  });
  test('never throws', () => {
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
