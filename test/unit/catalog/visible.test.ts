import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible, visibleJson, visibleLines } from '../../../src/catalog/visible.ts';

const unseen = /[\p{Cc}\p{Cf}\p{Cs}\p{Default_Ignorable_Code_Point}\p{Noncharacter_Code_Point}\u2028\u2029]/u;

describe('visible', () => {
  it('escapes every invisible character and changes nothing else', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(unseen);
        expect(visible(shown)).toBe(shown);
        if (!unseen.test(text) && !/##|^\s*::/.test(text)) expect(shown).toBe(text);
      }),
    );
  });

  it.each([
    ['-tags=a', '-tags=a'],
    ['grün → 走', 'grün → 走'],
    ['a\rb\u001b[31m', 'a\\rb\\u001b[31m'],
    ['\u009b31m', '\\u009b31m'],
    ['x\u202ecod.exe', 'x\\u202ecod.exe'],
    ['tag\u{e0041}', 'tag\\udb40\\udc41'],
    ['half \ud800', 'half \\ud800'],
    ['😀', '😀'],
    ['\uffff\ufdd0\u{1fffe}', '\\uffff\\ufdd0\\ud83f\\udffe'],
    ['a ##[add-mask]x', 'a \\u0023#[add-mask]x'],
    ['##vso[task.setvariable]', '\\u0023#vso[task.setvariable]'],
    ['###teamcity[x]', '\\u0023\\u0023#teamcity[x]'],
    ['  ::set-output name=a::b', '  \\u003a:set-output name=a::b'],
    ['std::string', 'std::string'],
    ['# heading [1]', '# heading [1]'],
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });

  it('visibleLines keeps line breaks and escapes each line', () => {
    expect(visibleLines('a\n::error::b\n##[c]\r')).toBe('a\n\\u003a:error::b\n\\u0023#[c]\\r');
  });

  it('visibleJson writes JSON without invisible characters and workflow commands that parses to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const text = visibleJson({ value, command: '##[x]' });
        expect(text).not.toMatch(unseen);
        expect(text).not.toContain('##[');
        expect(JSON.parse(text)).toEqual(JSON.parse(JSON.stringify({ value, command: '##[x]' })));
      }),
    );
  });
});
