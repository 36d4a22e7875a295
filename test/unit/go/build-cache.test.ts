/**
 * The file formats of a build cache: valid files are read exactly, and hostile ones neither throw nor take
 * long.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { actionOfBuildId } from '../../../src/go/build-id.ts';
import { cacheActionBytes, formatCacheAction, parseCacheAction } from '../../../src/go/cache-action.ts';
import { describeOutput } from '../../../src/go/cache-object.ts';
import { parseTrimTime } from '../../../src/go/cache-trim.ts';
import { packageOfArchive, readGoArchive } from '../../../src/go/go-archive.ts';
import { goTimeText, indexKeyText, readPackageIndex } from '../../../src/go/module-index.ts';
import { cachedToolchain, toolchainDigestText, zipFiles } from '../../../src/go/toolchain-files.ts';
import { parsePosixZone, parseZoneFile } from '../../../src/go/zone.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');
const reader = (data: Uint8Array) => (at: number, length: number) =>
  data.subarray(Math.max(0, at), Math.max(0, at) + Math.max(0, length));
const id = fc.uint8Array({ minLength: 32, maxLength: 32 }).map((one) => Buffer.from(one).toString('hex'));

describe('action entries', () => {
  const entry = fc.record({
    action: id,
    output: id,
    size: fc.nat({ max: 2 ** 40 }),
    time: fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }),
  });

  it('are read back exactly', () => {
    fc.assert(
      fc.property(entry, (one) => {
        const text = bytes(formatCacheAction(one));
        expect(text).toHaveLength(cacheActionBytes);
        expect(parseCacheAction(text, one.action)).toEqual(one);
      }),
    );
  });

  it('never throw if a byte is damaged, and are refused with a one-word defect if they are random bytes', () => {
    fc.assert(
      fc.property(entry, fc.nat({ max: cacheActionBytes - 1 }), fc.nat({ max: 255 }), (one, at, byte) => {
        const text = bytes(formatCacheAction(one));
        text[at] = byte;
        const parsed = parseCacheAction(text, one.action);
        if (typeof parsed !== 'string') expect(parsed.action).toBe(one.action);
      }),
    );
    fc.assert(
      fc.property(fc.uint8Array(), id, (data, action) => typeof parseCacheAction(data, action) === 'string'),
    );
  });

  it.each([
    ['length', (text: string) => text.slice(1)],
    ['length', (text: string) => `${text}\n`],
    ['form', (text: string) => `v2${text.slice(2)}`],
    ['other-action', (text: string) => text.replace(/a{64}/, 'c'.repeat(64))],
    ['output', (text: string) => text.replace(/b{64}/, 'z'.repeat(64))],
    ['size', (text: string) => text.replace(' 5 ', ' x ')],
    ['time', (text: string) => text.replace(' 7\n', ' -\n')],
  ])('are refused for the defect %s', (defect, change) => {
    const one = { action: 'a'.repeat(64), output: 'b'.repeat(64), size: 5, time: 7n };
    expect(parseCacheAction(bytes(change(formatCacheAction(one))), one.action)).toBe(defect);
  });
});

describe('build ids', () => {
  it('contain an action only in the form of cmd/go', () => {
    const [a, b] = ['A'.repeat(20), 'B'.repeat(20)];
    expect(actionOfBuildId(`${a}/${b}`, 'archive')).toBe(a);
    expect(actionOfBuildId(`${a}/${b}/${b}/${b}`, 'executable')).toBe(a);
    for (const other of ['', a, `${a}/`, `${a}/${b}/${b}`, `release/${b}`, `${a}/${b}\n`])
      expect(actionOfBuildId(other, 'archive'), other).toBeUndefined();
  });
});

/** Makes an archive with one object as the compiler writes it, without symbols. */
function archive(body: string, name = '_go_.o'): Uint8Array {
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}${'0'.padEnd(6)}${'0'.padEnd(6)}${'644'.padEnd(8)}${String(body.length).padEnd(10)}\`\n`;
  return bytes(`!<arch>\n${header}${body}${body.length % 2 === 1 ? '\n' : ''}`);
}

describe('outputs', () => {
  const buildId = `${'A'.repeat(20)}/${'B'.repeat(20)}`;
  const head = `go object linux amd64 go1.27.4 GOAMD64=v1 X:none\nbuild id "${buildId}"\n\n!\n`;

  it('have a platform, a toolchain, a build id and the action that made them', () => {
    const data = archive(head);
    expect(readGoArchive(reader(data), data.length)).toEqual({
      os: 'linux',
      arch: 'amd64',
      toolchain: 'go1.27.4',
      buildId,
      pure: true,
    });
    expect(describeOutput(reader(data), data.length)).toMatchObject({
      kind: 'archive',
      madeBy: 'A'.repeat(20),
    });
  });

  it('are not pure if they contain an object of a C compiler', () => {
    const foreign = Buffer.concat([archive(head), archive('\x7fELF of gcc', 'x.o').subarray(8)]);
    expect(readGoArchive(reader(foreign), foreign.length)?.pure).toBe(false);
  });

  it('are mixed if they contain an object of another release or with other experiments', () => {
    const line = head.split('\n', 1)[0] as string;
    for (const other of [
      line.replace('go1.27.4', 'go1.27.0'),
      line.replace('X:none', 'X:nodwarf5'),
      `${line},more`,
    ]) {
      const mixed = Buffer.concat([archive(head), archive(`${other}\n!\n`, 'asm.o').subarray(8)]);
      expect(readGoArchive(reader(mixed), mixed.length)).toMatchObject({ pure: true, mixedWith: other });
    }
    const whole = Buffer.concat([archive(head), archive(`${line}\n!\n`, 'asm.o').subarray(8)]);
    expect(readGoArchive(reader(whole), whole.length)).not.toHaveProperty('mixedWith');
  });

  it.each([
    ['index', 'go index v2\n'],
    ['testlog', '# test log\ngetenv HOME\n'],
    ['executable', '\x7fELF\x02\x01'],
    ['other', 'what vet said'],
    ['other', ''],
    ['other', '!<arch>\nno header'],
  ])('are of kind %s by their first bytes', (kind, text) => {
    expect(describeOutput(reader(bytes(text)), text.length).kind).toBe(kind);
  });

  it('never throw, whatever they hold', () => {
    const starts = fc.constantFrom(
      '',
      '!<arch>\n',
      '\x7fELF',
      'go index v2\n',
      `!<arch>\n${'x'.repeat(60)}go object a b c\n`,
    );
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 400 }), (start, tail) => {
        const data = Buffer.concat([bytes(start), tail]);
        describeOutput(reader(data), data.length);
        packageOfArchive(reader(data), data.length);
        readPackageIndex(data);
        parseZoneFile(data);
      }),
    );
    const object = archive(`${head}\0go120ld${'\xff'.repeat(200)}`);
    fc.assert(
      fc.property(fc.nat({ max: object.length - 1 }), fc.nat({ max: 255 }), (at, byte) => {
        const data = Uint8Array.from(object);
        data[at] = byte;
        packageOfArchive(reader(data), data.length);
      }),
    );
  });
});

describe('parseTrimTime', () => {
  it('reads trim.txt as go does', () => {
    expect(parseTrimTime('1795417200\n')).toBe(1_795_417_200_000);
    expect(parseTrimTime(' 5 ')).toBe(5000);
    for (const bad of ['', 'x', '1.5', '1 2', '9'.repeat(30)])
      expect(parseTrimTime(bad), bad).toBeUndefined();
  });
});

describe('times of an index', () => {
  it('have the format of Time.String', () => {
    expect(goTimeText(0n)).toBe('1970-01-01 00:00:00 +0000 UTC');
    expect(goTimeText(1_795_417_200_120_000_000n)).toBe('2026-11-23 07:00:00.12 +0000 UTC');
    expect(goTimeText(-1n)).toBe('1969-12-31 23:59:59.999999999 +0000 UTC');
    expect(goTimeText(0n, { offsetSeconds: -12_600, name: 'NST' })).toBe('1969-12-31 20:30:00 -0330 NST');
  });

  it.each([
    ['CET-1CEST,M3.5.0,M10.5.0/3', 'Europe/Berlin'],
    ['EST5EDT,M3.2.0,M11.1.0', 'America/New_York'],
    ['NZST-12NZDT,M9.5.0,M4.1.0/3', 'Pacific/Auckland'],
    ['<+0545>-5:45', 'Asia/Kathmandu'],
    ['IST-1GMT0,M10.5.0,M3.5.0/1', 'Europe/Dublin'],
  ])('by the POSIX rule %s agree with the zone %s', (rule, name) => {
    const zone = parsePosixZone(rule);
    const format = new Intl.DateTimeFormat('en', { timeZone: name, timeZoneName: 'longOffset' });
    fc.assert(
      fc.property(fc.integer({ min: Date.UTC(2020, 0) / 1000, max: Date.UTC(2030, 0) / 1000 }), (seconds) => {
        const text =
          format.formatToParts(seconds * 1000).find(({ type }) => type === 'timeZoneName')?.value ?? '';
        const [, sign = '+', hours = '0', minutes = '0'] = /([+-])(\d+):(\d+)/.exec(text) ?? [];
        const expected = (sign === '-' ? -1 : 1) * (Number(hours) * 3600 + Number(minutes) * 60);
        expect(zone?.(seconds * 1000).offsetSeconds).toBe(expected);
      }),
      { numRuns: 50 },
    );
  });

  it('have no zone for an unknown POSIX rule', () => {
    for (const bad of ['', 'x', 'CET-1CEST,J60,J300', 'CET-1CEST'])
      expect(parsePosixZone(bad)).toBeUndefined();
  });

  it('are part of an index key that does not depend on experiments', () => {
    const files = [{ name: 'a.go', mtime: 0n, size: 3 }];
    const text = indexKeyText('go1.27.4 X:jsonv2', '/m', '/m/p', files, (ns) => goTimeText(ns));
    expect(text.startsWith('go1.27.4modroot /m\n')).toBe(true);
    expect(text).toContain('file a.go 1970-01-01 00:00:00 +0000 UTC 3\n');
  });
});

describe('files of a toolchain', () => {
  const file = (name: string, sha256 = '00') => ({ name, sha256 });

  it('enter the digest if they are code, with go.mod once', () => {
    const text = toolchainDigestText(
      [
        'src/fmt/print.go',
        'src/fmt/print_test.go',
        'src/fmt/testdata/x.go',
        'pkg/tool/linux_amd64/compile',
        'bin/go',
        'bin/gofmt',
        // A program that GOBIN placed there.
        'bin/gopls',
        'doc/x.md',
        'src/go.mod',
        'src/_go.mod',
      ].map((name) => file(name)),
    );
    expect(text.split('\n').map((line) => line.slice(4))).toEqual([
      'bin/go',
      'bin/gofmt',
      'pkg/tool/linux_amd64/compile',
      'src/fmt/print.go',
      'src/go.mod',
      '',
    ]);
  });

  it('that go added after unpacking are no files of the zip', () => {
    expect(
      zipFiles(['src/_go.mod', 'src/go.mod', 'go.mod', 'x', 'bin/gopls'].map((name) => file(name))).map(
        ({ name }) => name,
      ),
    ).toEqual(['src/_go.mod', 'go.mod', 'x']);
  });

  it('in the module cache have a path from which the path of their hash follows', () => {
    expect(cachedToolchain('/m/golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64')).toEqual({
      modcache: '/m',
      module: 'golang.org/toolchain@v0.0.1-go1.27.4.linux-amd64',
      ziphash: 'cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.4.linux-amd64.ziphash',
      partial: 'cache/download/golang.org/toolchain/@v/v0.0.1-go1.27.4.linux-amd64.partial',
    });
    expect(cachedToolchain('/usr/local/go')).toBeUndefined();
  });
});
