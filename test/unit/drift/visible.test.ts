import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { visible } from '../../../src/drift/visible.ts';

describe('visible', () => {
  it('leaves nothing that is not seen, and loses nothing that is', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 200 }), (text) => {
        const shown = visible(text);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u);
        if (!/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/u.test(text)) expect(shown).toBe(text);
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
  ])('%j is shown as %j', (text, shown) => {
    expect(visible(text)).toBe(shown);
  });
});
