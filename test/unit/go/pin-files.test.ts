import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseGoVersionFile, parseToolVersions } from '../../../src/go/pin-files.ts';

describe('parseGoVersionFile', () => {
  it.each([
    ['1.26.3\n', '1.26.3', 1],
    ['1.26.3', '1.26.3', 1],
    ['go1.26.3\r\n', '1.26.3', 1],
    ['v1.26\n', '1.26', 1],
    ['\uFEFF1.26\n', '1.26', 1],
    ['# the build image has this too\n\n  1.26.3  # keep\n1.25.0\n', '1.26.3', 3],
    ['1.27rc1\n', '1.27rc1', 1],
    ['system\n', 'system', 1],
    ['golang\n', 'golang', 1],
    ['1.x\n', '1.x', 1],
  ])('%j requests %s', (text, version, line) => {
    expect(parseGoVersionFile(text)).toEqual({ version, line });
  });

  it.each(['', '\n\n', '# only a comment\n', '\uFEFF'])('%j requests nothing', (text) => {
    expect(parseGoVersionFile(text)).toBeUndefined();
  });
});

describe('parseToolVersions', () => {
  it('reads tools, alternatives and comments', () => {
    const text = '# asdf\nnodejs 20.19.0\ngolang 1.26.3 1.25.9 # fallback\r\n\n go\tref:main system\nruby\n';
    expect(parseToolVersions(text)).toEqual([
      { tool: 'nodejs', versions: ['20.19.0'], line: 2 },
      { tool: 'golang', versions: ['1.26.3', '1.25.9'], line: 3 },
      { tool: 'go', versions: ['ref:main', 'system'], line: 5 },
      { tool: 'ruby', versions: [], line: 6 },
    ]);
  });

  it('reads generated lines back', () => {
    const word = fc.stringMatching(/^[a-z0-9.:-]{1,8}$/);
    const line = fc.tuple(word, fc.array(word, { maxLength: 3 }), fc.constantFrom('', '  ', ' # x'));
    fc.assert(
      fc.property(fc.array(line), fc.constantFrom('\n', '\r\n'), (lines, ending) => {
        const text = lines
          .map(([tool, versions, tail]) => [tool, ...versions].join(' ') + tail + ending)
          .join('');
        expect(parseToolVersions(text)).toEqual(
          lines.map(([tool, versions], i) => ({ tool, versions, line: i + 1 })),
        );
      }),
    );
  });

  it('never throws, like parseGoVersionFile', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        parseToolVersions(text);
        parseGoVersionFile(text);
      }),
    );
  });
});
