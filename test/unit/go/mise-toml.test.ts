// The tools that a mise.toml requests: tables are found wherever TOML allows them, and nothing else is
// mistaken for one.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseMiseToml } from '../../../src/go/mise-toml.ts';

describe('parseMiseToml', () => {
  it('reads tools, options, lists and comments, each with its line', () => {
    const text = [
      '# ours',
      'min_version = "2024.9.5"',
      'env.GOFLAGS = "-mod=mod"',
      '[tools] # pinned',
      'go = "1.26.8" # the build image has it too',
      "'core:golang' = ['1.26', # one",
      '  "1.25", ]',
      '"go:golang.org/x/tools/gopls" = { version = "0.16.1", os = ["linux"] }\r',
      'node = { version = "22", postinstall = "corepack enable" }',
      'python = 3.12',
      'ruby = "{{ env.RUBY }}"',
      '[tools.zig]',
      'depends = ["go"]',
      'version = "0.14"',
    ].join('\n');
    expect(parseMiseToml(text)).toEqual([
      { name: 'go', versions: ['1.26.8'], line: 5 },
      { name: 'golang', versions: ['1.26', '1.25'], line: 6 },
      { name: 'go:golang.org/x/tools/gopls', versions: 'unclear', line: 8 },
      { name: 'node', versions: ['22'], line: 9 },
      { name: 'python', versions: 'unclear', line: 10 },
      { name: 'ruby', versions: 'unclear', line: 11 },
      { name: 'zig', versions: ['0.14'], line: 13 },
    ]);
  });

  it.each([
    ['tools.go = "1.26"\n', 1],
    ['tools = { go = "1.26" }', 1],
    ['\uFEFF\n[ tools ]\n"go"="1.26"', 3],
    ['[tasks.x]\nrun = """\n[tools]\ngo = "1.21"\n"""\n[tools]\ngo = "1.26"\n', 7],
    ["[tasks.x]\nrun = '''\n[tools]\ngo = \"1.21\"\n'''\n[tools]\ngo = '1.26'\n", 7],
    ['[[watch_files]]\npatterns = ["a"]\n[tools]\ngo = "1.\\u0032\\u0036"', 4],
  ])('finds go in %j', (text, line) => {
    expect(parseMiseToml(text)).toEqual([{ name: 'go', versions: ['1.26'], line }]);
  });

  it.each([
    '[tools\ngo = "1.26"',
    '[tools]\ngo = 1.26"',
    '[tools]\ngo = "1.26" "1.25"',
    '[tools]\ngo',
    '[tools]\ngo = """1.26',
    `[tools]\ngo = ${'['.repeat(100_000)}`,
  ])('requests nothing for a text that is not TOML: %#', (text) => {
    expect(parseMiseToml(text)).toBeUndefined();
  });

  it('reads generated tools back', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9:/.-]{0,12}$/).filter((text) => !text.startsWith('core:'));
    const version = fc.stringMatching(/^[a-z0-9.:-]{1,10}$/);
    const row = fc.tuple(name, version, fc.constantFrom('"', "'"), fc.constantFrom('', ' # why', '\r'));
    fc.assert(
      fc.property(fc.uniqueArray(row, { selector: ([key]) => key, maxLength: 8 }), (rows) => {
        const text = `[tools]\n${rows.map(([key, value, q, end]) => `"${key}" = ${q}${value}${q}${end}`).join('\n')}\n`;
        expect(parseMiseToml(text)).toEqual(
          rows.map(([key, value], index) => ({ name: key, versions: [value], line: index + 2 })),
        );
      }),
    );
  });

  it('never throws', () => {
    const piece = fc.constantFrom(
      '[',
      ']',
      '{',
      '}',
      '"',
      "'",
      '"""',
      '\n',
      '=',
      ',',
      '.',
      'tools',
      'go',
      '\\',
    );
    fc.assert(
      fc.property(
        fc.array(piece).map((pieces) => pieces.join('')),
        (text) => void parseMiseToml(text),
      ),
    );
  });

  it('reads a tool that has 40,000 options', () => {
    const options = Array.from({ length: 40_000 }, (_, index) => `option_${index} = "x"`);
    const text = ['[tools.go]', ...options, 'version = "1.26.8"'].join('\n');
    expect(parseMiseToml(text)).toEqual([{ name: 'go', versions: ['1.26.8'], line: 2 }]);
  });
});
