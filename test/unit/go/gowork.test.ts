import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoWork } from '../../../src/go/gowork.ts';

const parse = (text: string) => parseGoWork(new TextEncoder().encode(text));

describe('parseGoWork', () => {
  it('reads every directive, alone and in blocks', () => {
    const text =
      'go 1.26.3\ntoolchain go1.27.4\nuse ./a // main\nuse (\n\t./b\n\t"./c d"\n)\nreplace x.y/z v1.0.0 => ./z\ngodebug a=b\n';
    expect(parse(text)).toEqual({
      go: { version: '1.26.3', line: 1 },
      toolchain: { name: 'go1.27.4', line: 2 },
      use: [
        { path: './a', line: 3 },
        { path: './b', line: 5 },
        { path: './c d', line: 6 },
      ],
      replace: [{ path: 'x.y/z', version: 'v1.0.0', newPath: './z', line: 8 }],
      godebug: [{ key: 'a', value: 'b', line: 9 }],
      problems: [],
    });
  });

  it('reports what go refuses, in file order', () => {
    const { problems } = parse('go 1.26\nrequire x v1.0.0\nmodule (\n a\n)\nuse\ngo 1.27\n');
    expect(problems.map(({ line, text }) => `${line}: ${text}`)).toEqual([
      '2: unknown directive: require',
      '3: unknown block type: module',
      '6: usage: use local/dir',
      '7: repeated go statement',
    ]);
  });

  it('reads an empty file, and never throws', () => {
    expect(parse('')).toEqual({ use: [], replace: [], godebug: [], problems: [] });
    fc.assert(fc.property(fc.uint8Array(), (data) => void parseGoWork(data)));
  });
});
