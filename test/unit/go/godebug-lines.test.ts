// The //go:debug settings of a source file.
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { readGodebugLines } from '../../../src/go/godebug-lines.ts';

it('reads the lines before the package clause', () => {
  const text =
    '// Copyright\r\n/* two\n//go:debug no=1 */\n\n//go:debug a=1\n  //go:debug\tb=x=y \r\n//go:debugger c=1\n//go:debug\n//go:debug d\npackage main // e\n//go:debug f=1\n';
  expect(readGodebugLines(text)).toEqual({
    settings: [
      { key: 'a', value: '1', line: 5 },
      { key: 'b', value: 'x=y', line: 6 },
    ],
    problems: [
      { line: 8, text: 'missing key=value' },
      { line: 9, text: 'missing key=value' },
    ],
  });
});

it('reads generated settings back, and never throws', () => {
  const word = fc.stringMatching(/^[a-z0-9]{1,8}$/);
  fc.assert(
    fc.property(fc.array(fc.tuple(word, word)), fc.string(), (pairs, rest) => {
      const head = pairs.map(([key, value]) => `//go:debug ${key}=${value}\n`).join('');
      const { settings } = readGodebugLines(`${head}package main\n${rest}`);
      expect(settings).toEqual(pairs.map(([key, value], index) => ({ key, value, line: index + 1 })));
      readGodebugLines(rest);
    }),
  );
});
