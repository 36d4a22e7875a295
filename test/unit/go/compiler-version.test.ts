// Version lines in the bytes of compilers. test/differential/tools.test.ts checks real compilers.
import { describe, expect, it } from 'vitest';
import { compilerVersionLine } from '../../../src/go/compiler-version.ts';

const lineIn = (text: string) => compilerVersionLine(Buffer.from(text, 'latin1'), 'cc');

describe('compilerVersionLine', () => {
  it.each([
    ['Debian', 'x\0 12.2.0\0\0' + '12.2.0\0(Debian 12.2.0-14) \0', 'cc (Debian 12.2.0-14) 12.2.0'],
    ['from source', 'x\x0013.3.0\0(GCC) \0', 'cc (GCC) 13.3.0'],
    [
      'Fedora',
      '\x0013.2.1 20230801 (Red Hat 13.2.1-1)\0(GCC) \0',
      'cc (GCC) 13.2.1 20230801 (Red Hat 13.2.1-1)',
    ],
    ['the other way round', '\0(GCC) \0\0\x0013.3.0\0', 'cc (GCC) 13.3.0'],
    ['clang', 'x\0 version 14.0.6\0y', 'clang version 14.0.6'],
    ['clang with its commit', '\0clang version 17.0.1 (https://x 0123)\0', 'clang version 17.0.1'],
    ['another program', '\x001.2.3\0usage: cc\0', undefined],
    ['nothing', '', undefined],
  ])('finds the version line of %s', (_, text, line) => {
    expect(lineIn(text)).toBe(line);
  });

  it('terminates on a hostile file', () => {
    expect(lineIn('\x001.1.1\0'.repeat(100_000))).toBeUndefined();
    expect(lineIn('\0(GCC) \0'.repeat(100_000))).toBeUndefined();
  });
});
