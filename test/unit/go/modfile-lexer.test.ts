import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeModFile, goQuote, parseModFileSyntax, tokenValue } from '../../../src/go/modfile-lexer.ts';

const syntax = (text: string) => parseModFileSyntax(text, 'go.mod');
const tokens = (text: string) => syntax(text).statements.map((statement) => statement.tokens);

describe('parseModFileSyntax', () => {
  it('splits lines into words, punctuation and strings', () => {
    expect(tokens('a b\tc\r\nretract [v1.0.0,v1.1.0]\nmodule "x y" // z\n')).toEqual([
      ['a', 'b', 'c'],
      ['retract', '[', 'v1.0.0', ',', 'v1.1.0', ']'],
      ['module', '"x y"'],
    ]);
  });

  it('recognises a block by the parenthesis at the end of the line, not by one in front or in the middle', () => {
    const { statements, problems } = syntax('a (\n b c\n)\nd ( )\ne ( f )\n( \n');
    expect(problems).toEqual([]);
    expect(statements.map(({ tokens, block }) => [tokens, block?.map((line) => line.tokens)])).toEqual([
      [['a'], [['b', 'c']]],
      [['d'], []],
      [['e', '(', 'f', ')'], undefined],
      [['('], undefined],
    ]);
  });

  it('attaches the comments above a line and at its end to that line', () => {
    const { statements } = syntax(
      '// far\n\n// near\nmodule x // behind\nrequire ( // block\n // in\n y v1 // tail\n)\n',
    );
    expect(statements[0]).toMatchObject({ before: ['// near'], comment: '// behind', line: 4 });
    expect(statements[1]?.block).toEqual([
      { tokens: ['y', 'v1'], line: 7, before: ['// in'], comment: '// tail' },
    ]);
  });

  it.each([
    ['module a\nx "b\n go 1.2\n', 2, 'unexpected newline in string', 2],
    ['module a\nx `b', 2, 'unexpected EOF in string', 1],
    ['/* no */\nmodule a\n', 1, 'mod files must use // comments (not /* */ comments)', 1],
    ['a /* no */\nmodule a\n', 1, 'mod files must use // comments (not /* */ comments)', 1],
    ['\uFEFFmodule a\n', 1, "unexpected input character '\\ufeff'", 1],
    ['mod\0ule a\nb\n', 1, "unexpected input character '\\x00'", 1],
    ['x\n  require (\n a b\n', 4, 'syntax error (unterminated block started at go.mod:2:3)', 2],
    ['require (\n) x\nb\n', 2, 'syntax error (expected newline after closing paren)', 2],
  ])('%j: reports the problem and reads on', (text, line, problem, statements) => {
    const read = syntax(text);
    expect(read.problems).toEqual([{ line, text: problem }]);
    expect(read.statements).toHaveLength(statements);
  });

  it('never throws', () => {
    const bytes = fc.oneof(
      fc.uint8Array(),
      fc
        .array(
          fc.constantFrom(
            '(',
            ')',
            '"',
            '`',
            '\\',
            '\n',
            '\r\n',
            '//',
            '/*',
            'a',
            ' ',
            '\uFEFF',
            '\0',
            '"x"',
          ),
        )
        .map((parts) => new TextEncoder().encode(parts.join(''))),
    );
    fc.assert(
      fc.property(bytes, (data) => {
        const { statements, problems } = syntax(decodeModFile(data));
        for (const { line } of [...statements, ...problems]) expect(line).toBeGreaterThan(0);
      }),
      { numRuns: 500 },
    );
  });
});

describe('tokenValue', () => {
  it.each([
    ['plain', 'plain'],
    ['"a b"', 'a b'],
    ['"\\x41\\102\\u00e9\\U0001F600\\n\\"\\\\"', 'AB\u00e9\u{1F600}\n"\\'],
  ])('reads %s as %s', (token, value) => {
    expect(tokenValue(token)).toEqual({ value });
  });

  it.each(['"\\q"', '"\\\'"', '"\\x4"', '"\\ud800"', '"\\U00110000"', '"\\400"', '"a\\\nb"'])(
    'refuses %j',
    (token) => {
      expect(tokenValue(token).problem).toBe('invalid syntax');
    },
  );

  it.each([
    ["'a'", "'a'"],
    ['`a b`', 'a b'],
    ['a"b', 'a"b'],
  ])('reports the quotes of %s and reads it as %s', (token, value) => {
    expect(tokenValue(token)).toEqual({ value, problem: 'unquoted string cannot contain quote' });
  });

  it('reverses goQuote', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        expect(tokenValue(goQuote(text))).toEqual({ value: text });
      }),
    );
  });
});
