import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { missingModule, parseGoMod, scanGoLines } from '../../../src/go/gomod.ts';

const bytes = (text: string) => new TextEncoder().encode(text);
const parse = (text: string) => parseGoMod(bytes(text));
const problemsOf = (text: string) => parse(text).problems.map(({ line, text }) => `${line}: ${text}`);

describe('parseGoMod', () => {
  it('reads every directive, alone and in blocks', () => {
    const mod = parse(`// Deprecated: use example.com/b
// instead.
module example.com/a

go 1.26.3

toolchain go1.27.4

require example.com/one v1.2.3 // indirect
require (
	example.com/two/v2 v2.0.0-20260101000000-abcdefabcdef
	gopkg.in/yaml.v3 v3.0.1 // indirect; kept
	example.com/three v4.0.0+incompatible // indirectly
)
replace example.com/one => ../one
replace (
	example.com/two/v2 v2.0.0 => "example.com/fork/v2" v2.1
)
exclude example.com/one v1.2.4
retract v1.0.0 // broken
// early ones
retract (
	[v0.1.0, v0.2.0]
)
tool example.com/one/cmd/x
godebug default=go1.21
ignore ./node_modules
`);
    expect(mod).toEqual({
      module: { path: 'example.com/a', deprecated: 'use example.com/b\ninstead.', line: 3 },
      go: { version: '1.26.3', line: 5 },
      toolchain: { name: 'go1.27.4', line: 7 },
      require: [
        { path: 'example.com/one', version: 'v1.2.3', indirect: true, line: 9 },
        {
          path: 'example.com/two/v2',
          version: 'v2.0.0-20260101000000-abcdefabcdef',
          indirect: false,
          line: 11,
        },
        { path: 'gopkg.in/yaml.v3', version: 'v3.0.1', indirect: true, line: 12 },
        { path: 'example.com/three', version: 'v4.0.0+incompatible', indirect: false, line: 13 },
      ],
      replace: [
        { path: 'example.com/one', newPath: '../one', line: 15 },
        {
          path: 'example.com/two/v2',
          version: 'v2.0.0',
          newPath: 'example.com/fork/v2',
          newVersion: 'v2.1.0',
          line: 17,
        },
      ],
      exclude: [{ path: 'example.com/one', version: 'v1.2.4', line: 19 }],
      retract: [
        { low: 'v1.0.0', high: 'v1.0.0', rationale: 'broken', line: 20 },
        { low: 'v0.1.0', high: 'v0.2.0', rationale: 'early ones', line: 23 },
      ],
      shortVersions: [{ version: 'v2.1', line: 17 }],
      tool: [{ path: 'example.com/one/cmd/x', line: 25 }],
      godebug: [{ key: 'default', value: 'go1.21', line: 26 }],
      ignore: [{ path: './node_modules', line: 27 }],
      problems: [],
    });
  });

  it('reads CRLF as LF and reports a byte order mark', () => {
    const text = 'module a\n\ngo 1.26\n\nrequire b v1.0.0 // indirect\n';
    expect(parse(text.replaceAll('\n', '\r\n'))).toEqual(parse(text));
    const marked = parse(`\uFEFF${text}`);
    expect(marked.problems).toEqual([{ line: 1, text: "unexpected input character '\\ufeff'" }]);
    expect({ ...marked, problems: [] }).toEqual(parse(text));
  });

  it('reads the lines between conflict markers and reports those that go refuses', () => {
    const text = 'module a\n<<<<<<< HEAD\ngo 1.26\n=======\ngo 1.27\n>>>>>>> b\nrequire b v1.0.0\n';
    expect(parse(text)).toMatchObject({ go: { version: '1.26', line: 3 }, require: [{ path: 'b' }] });
    expect(problemsOf(text)).toEqual([
      '2: unknown directive: <<<<<<<',
      '4: unknown directive: =======',
      '5: repeated go statement',
      '6: unknown directive: >>>>>>>',
    ]);
  });

  it('reads a file that is cut off at any byte', () => {
    const whole = 'module example.com/a\n\ngo 1.26\n\nrequire (\n\t"b.c/d" v1.0.0 // indirect\n)\n';
    for (let end = 0; end <= whole.length; end++) expect(() => parse(whole.slice(0, end))).not.toThrow();
    expect(problemsOf(whole.slice(0, whole.indexOf(')')))).toEqual([
      '7: syntax error (unterminated block started at go.mod:5:1)',
    ]);
    expect(problemsOf('')).toEqual([`1: ${missingModule}`]);
  });

  it.each([
    ['go 1.26.x', "invalid go version '1.26.x': must match format 1.23.0"],
    ['go', 'go directive expects exactly one argument'],
    ['go (\n1.26\n)', 'unknown block type: go'],
    ['frobnicate x', 'unknown directive: frobnicate'],
    ['toolchain local', "invalid toolchain version 'local': must match format go1.23.0 or default"],
    ['require b', 'usage: require module/path v1.2.3'],
    ['require b master', 'require b: version "master" invalid: must be of the form v1.2.3'],
    ['require b v2.0.0', 'require b: version "v2.0.0" invalid: should be v0 or v1, not v2'],
    ['require b/v2 v1.0.0', 'require b/v2: version "v1.0.0" invalid: should be v2, not v1'],
    ['require `b` v1.0.0', 'invalid quoted string: unquoted string cannot contain quote'],
    [
      'replace b => c',
      'replacement module without version must be directory path (rooted or starting with . or ..)',
    ],
    ['replace b => c@v1.0.0', "replacement module must match format 'path version', not 'path@version'"],
    ['replace b => ./c v1.0.0', 'replacement module directory path "./c" cannot have version'],
    ['retract [v1.0.0 v1.1.0]', "expected ',' after version"],
    ['retract v1.0.0 v1.1.0', 'unexpected token after version: "v1.1.0"'],
    ['godebug x', 'usage: godebug key=value'],
    ['tool a b', 'tool directive expects exactly one argument'],
    ['module b', 'repeated module statement'],
  ])('refuses %j with the message of go', (line, problem) => {
    expect(problemsOf(`module a\n${line}\n`)).toEqual([`2: ${problem}`]);
  });

  it('never throws', () => {
    const word = fc.constantFrom(
      'module',
      'go',
      'toolchain',
      'require',
      'replace',
      'retract',
      'exclude',
      'tool',
      '(',
      ')',
      '[',
      ',',
      ']',
      '=>',
      'v1.2.3',
      'b',
      '"c"',
      '"',
      '`',
      '\\',
      '// indirect',
      '\n',
      '\r\n',
      '\0',
      ' ',
    );
    const soup = fc.array(word).map((words) => bytes(words.join(' ')));
    fc.assert(
      fc.property(fc.oneof(soup, fc.uint8Array()), (data) => void parseGoMod(data)),
      { numRuns: 500 },
    );
  });

  it('reads a file of 1 MB', () => {
    const line = '\texample.com/some/module/path v1.2.3 // indirect\n';
    const count = Math.ceil(1_000_000 / line.length);
    const mod = parse(`module a\n\nrequire (\n${line.repeat(count)}`);
    expect(mod.require).toHaveLength(count);
    expect(parse('\\"'.repeat(500_000)).problems).toHaveLength(2);
    expect(parse('(\n'.repeat(500_000)).problems.length).toBeGreaterThan(1);
  });
});

describe('scanGoLines', () => {
  it('returns the first go line and the first toolchain line, even inside conflict markers and blocks', () => {
    const text =
      'module a\n<<<<<<< HEAD\n\tgo 1.26.1 // was 1.25\r\n=======\ngo 1.27\n>>>>>>> b\nrequire (\n toolchain\tgo1.28.0\n)\n';
    expect(scanGoLines(text)).toEqual({ go: '1.26.1', goLine: 3, toolchain: 'go1.28.0', toolchainLine: 8 });
  });

  it.each([
    ['', {}],
    ['gopher 1\ngo\ntoolchains x', {}],
    ['go 1.26', { go: '1.26', goLine: 1 }],
    ['go //', { go: '', goLine: 1 }],
    ['go "1.26"', { go: '"1.26"', goLine: 1 }],
    ['// go 1.26\ngo 1.27', { go: '1.27', goLine: 2 }],
    ['\uFEFFgo 1.26\n', {}],
    ['\u00a0go 1.26\u0085\n', { go: '1.26', goLine: 1 }],
    [
      'toolchain default\ngo 1.26 1.27\n',
      { toolchain: 'default', toolchainLine: 1, go: '1.26 1.27', goLine: 2 },
    ],
  ])('reads the go and toolchain lines of %j', (text, expected) => {
    expect(scanGoLines(text)).toEqual(expected);
  });
});
