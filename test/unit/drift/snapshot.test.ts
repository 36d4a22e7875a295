import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { AppError } from '../../../src/catalog/errors.ts';
import {
  compareBytewise,
  compareKeys,
  facetOf,
  formatBody,
  formatSnapshot,
  parseSnapshot,
} from '../../../src/drift/snapshot.ts';

// Texts with many of the characters that the format escapes.
const text = fc.string({
  unit: fc.oneof(
    fc.constantFrom('\\', '\n', '\r', '=', 'n', 'r', '.', 'a', '\u0000', '\ufeff', '\uffff', '\u{10000}'),
    fc.string({ minLength: 1, maxLength: 1, unit: 'binary' }),
  ),
  minLength: 1,
  maxLength: 12,
});
const entries = fc.array(fc.tuple(text, text)).map((pairs) => new Map(pairs));
const time = fc.integer({ min: Date.UTC(1970), max: Date.UTC(9999, 11, 31) });
const stamp = '#SNAPSHOT v1 2026-11-22T08:15:30.123Z\n';

describe('the format', () => {
  it('is that of the design (§3)', () => {
    const snapshot = new Map([
      ['toolchain.version', '1.21.13'],
      ['env.GOFLAGS', '-mod=readonly'],
      ['env.CGO_ENABLED', '1'],
      ['modules.golang.org/x/net', 'v0.17.0 h1:abc='],
      ['env.CGO_CFLAGS', 'a\nb\r\\'],
    ]);
    expect(formatSnapshot(snapshot, Date.UTC(2026, 10, 22, 8, 15, 30, 123))).toBe(
      `${stamp}env.CGO_CFLAGS=a\\nb\\r\\\\\nenv.CGO_ENABLED=1\nenv.GOFLAGS=-mod\\=readonly\nmodules.golang.org/x/net=v0.17.0 h1:abc\\=\ntoolchain.version=1.21.13\n`,
    );
  });

  it('is lossless: parse(format(s)) equals s', () => {
    fc.assert(
      fc.property(entries, time, (snapshot, timeMs) => {
        const read = parseSnapshot(formatSnapshot(snapshot, timeMs));
        expect(read.time).toBe(timeMs);
        expect([...read.entries]).toEqual([...snapshot].sort((a, b) => compareKeys(a[0], b[0])));
        expect(parseSnapshot(Buffer.from(formatSnapshot(snapshot, timeMs)))).toEqual(read);
      }),
      { numRuns: 500 },
    );
  });

  it('is canonical: every text that parses is the text that formatSnapshot writes', () => {
    const line = fc.string({
      unit: fc.constantFrom('a', 'b', '=', '\\', 'n', '\n', '\r', 'é', '\u{10000}'),
      maxLength: 12,
    });
    let accepted = 0;
    fc.assert(
      fc.property(fc.array(line, { maxLength: 4 }), (lines) => {
        const input = `${stamp}${lines.map((one) => `${one}\n`).join('')}`;
        let read: ReturnType<typeof parseSnapshot>;
        try {
          read = parseSnapshot(input);
        } catch (error) {
          expect(error).toBeInstanceOf(AppError);
          return;
        }
        accepted++;
        expect(formatSnapshot(read.entries, read.time)).toBe(input);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(50);
  });

  it('sorts keys by their UTF-8 bytes', () => {
    fc.assert(
      fc.property(text, text, (a, b) => {
        expect(Math.sign(compareBytewise(a, b))).toBe(Buffer.compare(Buffer.from(a), Buffer.from(b)));
      }),
    );
    const body = formatBody(new Map(['\u{10000}', '\uffff', 'b', 'a.b', 'a'].map((key) => [key, '1'])));
    expect(body).toBe('a=1\na.b=1\nb=1\n\uffff=1\n\u{10000}=1\n');
  });

  it('omits empty values and replaces lone surrogates', () => {
    expect(formatBody(new Map([['env.A', '']]))).toBe('');
    expect(formatBody(new Map([['env.A', 'x\ud800y']]))).toBe('env.A=x\ufffdy\n');
  });

  it('has known facets only: facetOf returns undefined for any other key', () => {
    expect(facetOf('modules.golang.org/x/net')).toBe('modules');
    expect(facetOf('toolchain')).toBeUndefined();
    expect(facetOf('constructor.x')).toBeUndefined();
  });
});

describe('parseSnapshot', () => {
  it.each([
    ['unsorted keys', `${stamp}b=1\na=1\n`, /line 3 is not in order/],
    ['a key twice', `${stamp}a=1\na=2\n`, /line 3 repeats a key/],
    ['an unknown escape', `${stamp}a=1\nb=\\x\n`, /line 3 holds an unknown escape/],
    ['a backslash at the end of a line', `${stamp}a=\\\nb=1\n`, /line 2 holds an unknown escape/],
    ['an unescaped =', `${stamp}a=b=c\n`, /line 2 holds an = that/],
    ['an unescaped = beside an escape', `${stamp}a=\\n=c\n`, /line 2 holds an = that/],
    ['no newline at the end', `${stamp}a=1`, /line 2 does not end in a newline/],
    ['a header alone without newline', stamp.trimEnd(), /line 1 does not end in a newline/],
    ['a carriage return', `${stamp}a=1\r\n`, /line 2 holds a carriage return/],
    ['CRLF from the header on', `${stamp.trimEnd()}\r\n`, /line 1 holds a carriage return/],
    ['an empty value', `${stamp}a=1\nb=\n`, /line 3 has an empty value/],
    ['an empty key', `${stamp}=1\n`, /line 2 has no key/],
    ['an empty line', `${stamp}\n`, /line 2 is no key=value/],
    ['no =', `${stamp}a=1\nbc\nd=1\n`, /line 3 is no key=value/],
    ['only an escaped =', `${stamp}a\\=1\n`, /line 2 is no key=value/],
    ['no header', 'a=1\n', /line 1 is no #SNAPSHOT header/],
    ['nothing', '', /line 1 is no #SNAPSHOT header/],
    ['another version', '#SNAPSHOT v2 2026-11-22T08:15:30.123Z\n', /line 1 names a version of the format/],
    ['a time without milliseconds', '#SNAPSHOT v1 2026-11-22T08:15:30Z\n', /line 1 holds no RFC 3339/],
    ['a day that does not exist', '#SNAPSHOT v1 2026-02-30T08:15:30.123Z\n', /line 1 holds no RFC 3339/],
    ['a byte order mark', `\ufeff${stamp}`, /line 1 is no #SNAPSHOT header/],
    ['a lone surrogate', `${stamp}a=1\nb=\ud800\n`, /line 3 holds a lone surrogate/],
  ])('refuses %s', (_name, input, message) => {
    expect(() => parseSnapshot(input)).toThrow(AppError);
    expect(() => parseSnapshot(input)).toThrow(message);
  });

  it('reports the line of invalid UTF-8, and refuses a byte order mark', () => {
    expect(() =>
      parseSnapshot(Buffer.concat([Buffer.from(`${stamp}a=1\nb=`), Buffer.from([0xff, 0x0a])])),
    ).toThrow(/line 3 holds no valid UTF-8/);
    expect(() => parseSnapshot(Buffer.from(`\ufeff${stamp}`))).toThrow(/line 1 is no #SNAPSHOT header/);
  });

  it('refuses more than 64 MiB', () => {
    expect(() => parseSnapshot(Buffer.alloc(64 * 1024 * 1024 + 1, 'a'))).toThrow(/larger than 64 MiB/);
    expect(() => parseSnapshot('é'.repeat(33 * 1024 * 1024))).toThrow(/larger than 64 MiB/);
  });

  it('throws nothing but AppError on any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        expect(() => parseSnapshot(Buffer.concat([Buffer.from(stamp), bytes, Buffer.from('\\')]))).toThrow(
          AppError,
        );
      }),
    );
  });
});
