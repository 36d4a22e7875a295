/** Versions of shells, found in the bytes of their programs. */
import { chmodSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  shellVersionAt,
  shellVersionIn,
} from '../../../../../src/observe/collectors/context/shell-version.ts';

const bytes = (text: string) => Buffer.from(text, 'latin1');

describe('a shell’s version', () => {
  // The texts as in the programs of Debian 12.
  it.each([
    ['bash', '\0@(#)Bash version 5.2.15(1) release GNU\0', '5.2.15'],
    [
      'ksh',
      '\0@(#)$Id: test (ksh 93u+m) 2022-07-25 $\0@(#)$Id: Version AJM 93u+m/1.0.4 2022-10-22 $\0',
      '1.0.4',
    ],
    ['mksh', '\0KSH_VERSION=@(#)MIRBSD KSH R59 2023/04/29 +Debian\0', 'R59'],
    ['ash', '\0BusyBox v1.35.0 (Debian 1:1.35.0-4+deb12u1+b1)\0', '1.35.0'],
    ['zsh', '\0/usr/lib/x86_64-linux-gnu/zsh/5.9\0', '5.9'],
    ['fish', '\0~\0\0\x003.6.0\0\0\0Failed to match debug category: %ls\n\0', '3.6.0'],
    ['fish', '\x003.6.0\x0010.42.1\0', undefined],
    ['dash', '\x003.6.0\0', undefined],
    ['bash', '#!/bin/sh\necho "bash 5.2.0"\n', undefined],
  ])('of %s in %j is %s', (name, text, expected) => {
    expect(shellVersionIn(name, bytes(text))).toBe(expected);
  });

  it('consists of digits and dots, whatever the file contains', () => {
    fc.assert(
      fc.property(
        fc.constantFrom('@(#)Bash version ', '\0/zsh/', 'BusyBox v', '\0'),
        fc.string({ unit: 'binary', maxLength: 200 }),
        (mark, rest) => {
          const version = shellVersionIn('fish', bytes(`${mark}${rest}`)) ?? '1';
          expect(version).toMatch(/^R?[\d.]+$/);
        },
      ),
    );
  });

  it('is not searched in a file that is not executable, too large, or absent', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'shell-'));
    try {
      const path = join(directory, 'bash');
      const at = () => shellVersionAt({ root: '/', path }, 'bash');
      expect(await at()).toBeUndefined();
      writeFileSync(path, '@(#)Bash version 5.2.15(1) release GNU');
      expect(await at()).toBeUndefined();
      chmodSync(path, 0o755);
      expect(await at()).toBe('5.2.15');
      truncateSync(path, 9 * 1024 * 1024);
      expect(await at()).toBeUndefined();
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
