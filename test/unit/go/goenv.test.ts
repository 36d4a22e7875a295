import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { decodeGoString, maxKeptLines, maxValueBytes, parseGoenv } from '../../../src/go/goenv.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const values = (text: string) =>
  Object.fromEntries([...parseGoenv(bytes(text)).effective].map(([name, { value }]) => [name, value]));

describe('parseGoenv', () => {
  test('takes lines literally: no trimming, no quotes, the last one wins', () => {
    expect(values('GOFLAGS= "-v" \nGOFLAGS=-x\nCC=a=b\n')).toEqual({ GOFLAGS: '-x', CC: 'a=b' });
    expect(values("GOBIN='/a b'")).toEqual({ GOBIN: "'/a b'" });
  });

  test('keeps the first and the last of duplicate lines, with their line numbers', () => {
    const file = parseGoenv(bytes('GOOS=linux\n\nGOOS=windows\nGOOS=\n'));
    expect(file.entries.map((entry) => [entry.name, entry.value, entry.line])).toEqual([
      ['GOOS', 'linux', 1],
      ['GOOS', 'windows', 3],
      ['GOOS', '', 4],
    ]);
    expect(file.first.get('GOOS')).toEqual({ value: 'linux', line: 1 });
    expect(file.effective.get('GOOS')).toEqual({ value: '', line: 4 });
  });

  test('reports why a line has no effect', () => {
    const file = parseGoenv(bytes('# c\n\nexport GOOS=x\nnothing\n=x\n goos=x\r\n\r\n'));
    expect(file.ignored).toEqual([
      { line: 1, why: 'comment' },
      { line: 2, why: 'blank' },
      { line: 3, why: 'name-not-upper-case' },
      { line: 4, why: 'no-equals-sign' },
      { line: 5, why: 'name-not-upper-case' },
      { line: 6, why: 'name-not-upper-case' },
      { line: 7, why: 'blank' },
    ]);
    expect(file.effective.size).toBe(0);
  });

  test('keeps CR and NUL in the value, replaces bad UTF-8, and needs no final newline', () => {
    expect(values('GOTOOLCHAIN=local\r\nGOVCS=a\0b')).toEqual({ GOTOOLCHAIN: 'local\r', GOVCS: 'a\0b' });
    const broken = parseGoenv(Uint8Array.from([...bytes('CC=a'), 0xe2, 0x82, 0x62, 0xff]));
    expect(broken.effective.get('CC')?.value).toBe('a\ufffd\ufffdb\ufffd');
  });

  test('reads an empty file, perhaps one that is being rewritten, as no entries and size 0', () => {
    expect(parseGoenv(new Uint8Array(0))).toMatchObject({ entries: [], ignored: [], lines: 0, size: 0 });
  });

  test('bounds its result for 6 MB of short lines and for one line of 6 MB', () => {
    const short = Buffer.alloc(6_000_000, 'A=1\n');
    const many = parseGoenv(short);
    expect(many.entries.length).toBe(maxKeptLines);
    expect(many.lines).toBe(1_500_000);
    expect(many.effective.get('A')).toEqual({ value: '1', line: 1_500_000 });
    const long = new Uint8Array(6_000_000).fill(0x78);
    long.set(bytes('GOFLAGS='));
    const one = parseGoenv(long);
    expect(one.entries).toHaveLength(1);
    expect(one.entries[0]?.truncated).toBe(true);
    expect(one.entries[0]?.value.length).toBe(maxValueBytes);
  });

  test('agrees with a naive implementation of the rules for any text', () => {
    const line = fc.oneof(
      fc.constantFrom('GOOS=linux', 'GOOS=', 'GOROOT=/x', '#GOOS=a', '', 'x=y', '=', 'A', 'Z=\r'),
      fc.string({ maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 30 }), (lines) => {
        const text = lines.join('\n');
        const expected: Record<string, string> = {};
        for (const each of text.split('\n')) {
          const cut = each.indexOf('=');
          if (cut >= 0 && /^[A-Z]/.test(each)) expected[each.slice(0, cut)] = each.slice(cut + 1);
        }
        expect(values(text)).toEqual(expected);
      }),
    );
  });
});

test('decodeGoString replaces each bad byte, as Go does', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const good = text.isWellFormed() ? text : text.toWellFormed();
      expect(decodeGoString(bytes(good))).toBe(good);
    }),
  );
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (raw) => {
      expect(decodeGoString(raw).isWellFormed()).toBe(true);
    }),
  );
  expect(decodeGoString(Uint8Array.from([0xed, 0xa0, 0x80, 0xf4, 0x90, 0x80, 0x80, 0xc0, 0xaf]))).toBe(
    '\ufffd'.repeat(9),
  );
});
