/**
 * Restoring single variables of a GOENV file from an approved copy. The GOENV parser is the judge of the
 * result.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoenv } from '../../../src/go/goenv.ts';
import { differingNames, restoreNames } from '../../../src/go/goenv-merge.ts';

const known: readonly string[] = ['GOFLAGS', 'GOPROXY', 'GOARCH', 'GOBIN', 'GOX'];

const bytes = (text: string) => new TextEncoder().encode(text);
const text = (file: Uint8Array) => new TextDecoder().decode(file);
const restored = (approved: string, current: string, ...names: string[]) =>
  text(restoreNames(bytes(approved), bytes(current), new Set(names)));

describe('differingNames', () => {
  it('returns the variables whose lines differ', () => {
    const names = (a: string, b: string) => differingNames(bytes(a), bytes(b));
    expect(names('GOFLAGS=-a\nGOPROXY=off\n', 'GOPROXY=off\nGOFLAGS=-b\nGOARCH=arm64\n')).toEqual([
      'GOFLAGS',
      'GOARCH',
    ]);
    expect(names('# one\nGOFLAGS=-a', 'GOFLAGS=-a\n# two\n')).toEqual([]);
    expect(names('GOFLAGS=-a\nGOFLAGS=-b\n', 'GOFLAGS=-b\n')).toEqual(['GOFLAGS']);
  });
});

describe('restoreNames', () => {
  it('returns the approved copy if nothing else differs', () => {
    expect(restored('# mine\nGOFLAGS=-a', '# mine\nGOFLAGS=-b\n', 'GOFLAGS')).toBe('# mine\nGOFLAGS=-a');
    expect(restored('', 'GOFLAGS=-b\n', 'GOFLAGS')).toBe('');
  });

  it('keeps a line of 4 MB', () => {
    const long = `GOFLAGS=${'x'.repeat(4_000_000)}`;
    expect(restored('GOPROXY=off\n', long, 'GOPROXY')).toBe(`${long}\nGOPROXY=off\n`);
  });

  it('restores a variable that has 300,000 lines', () => {
    const many = 'GOFLAGS=-x\n'.repeat(300_000);
    expect(differingNames(bytes('GOFLAGS=-a\n'), bytes(many))).toEqual(['GOFLAGS']);
    expect(restored('GOFLAGS=-a\n', many, 'GOFLAGS')).toBe('GOFLAGS=-a\n');
  });

  it('leaves all other lines as they are', () => {
    expect(restored('GOFLAGS=-a\n', 'GOPROXY=off\nGOFLAGS=-b\n# new\n', 'GOFLAGS')).toBe(
      'GOPROXY=off\nGOFLAGS=-a\n# new\n',
    );
    expect(restored('GOFLAGS=-a', 'GOPROXY=off', 'GOFLAGS')).toBe('GOPROXY=off\nGOFLAGS=-a\n');
    expect(restored('', 'GOFLAGS=-b\nGOPROXY=off\nGOFLAGS=-c\n', 'GOFLAGS')).toBe('GOPROXY=off\n');
  });

  it('gives the named variables their approved values and all others their current ones', () => {
    const name = fc.constantFrom(...known);
    const value = fc.string({ maxLength: 6 }).map((one) => one.replaceAll(/[\n\r\0]/g, ''));
    const line = fc.oneof(
      fc.tuple(name, value).map(([key, said]) => `${key}=${said}`),
      fc.constantFrom('', '# a comment', 'no setting', '=odd', 'lower=1'),
    );
    const file = fc
      .tuple(fc.array(line, { maxLength: 8 }), fc.boolean())
      .map(([lines, end]) => lines.join('\n') + (end && lines.length > 0 ? '\n' : ''));
    fc.assert(
      fc.property(file, file, fc.uniqueArray(name), (approved, current, names) => {
        const after = parseGoenv(bytes(restored(approved, current, ...names))).effective;
        const [was, is] = [parseGoenv(bytes(approved)).effective, parseGoenv(bytes(current)).effective];
        for (const one of known)
          expect(after.get(one)?.value).toBe((names.includes(one) ? was : is).get(one)?.value);
        expect(differingNames(bytes(approved), bytes(restored(approved, current, ...names)))).toEqual(
          differingNames(bytes(approved), bytes(current)).filter((one) => !names.includes(one)),
        );
      }),
      { numRuns: 2000 },
    );
  });
});
