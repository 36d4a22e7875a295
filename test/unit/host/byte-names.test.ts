/**
 * File names as bytes: converted to strings and back without loss, equal to the string for UTF-8, and
 * displayed unambiguously.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameOf, shownName, systemPath } from '../../../src/host/byte-names.ts';

const anyName = fc
  .array(
    fc.oneof(
      fc.constantFrom(0x61, 0x5c, 0xc3, 0xa9, 0xff, 0x80, 0xed, 0xf0, 0x9f),
      fc.integer({ min: 1, max: 255 }),
    ),
    {
      maxLength: 24,
    },
  )
  .map((bytes) => Buffer.from(bytes));

describe('a name in bytes', () => {
  it('is converted to a string and back without loss', () => {
    fc.assert(
      fc.property(anyName, (bytes) => Buffer.from(systemPath(nameOf(bytes)) as Buffer).equals(bytes)),
    );
  });

  it('is its own string if it is UTF-8, even with U+FFFD in it', () => {
    for (const name of ['go', 'gö', 'g\ufffd', '😀', '\ufeffgo']) {
      expect(nameOf(Buffer.from(name))).toBe(name);
      expect(systemPath(name)).toBe(name);
    }
  });

  it('keeps its UTF-8 parts readable', () => {
    expect(nameOf(Buffer.from([0x67, 0xff, 0xc3, 0xa9, 0xc3]))).toBe('g\udcffé\udcc3');
  });

  it('is displayed differently from every other name', () => {
    expect(shownName('gopls')).toBe('gopls');
    expect(shownName('t\udcff')).toBe('t\\udcff');
    expect(shownName('t\\udcff')).toBe('t\\\\udcff');
    fc.assert(
      fc.property(anyName, anyName, (a, b) => a.equals(b) || shownName(nameOf(a)) !== shownName(nameOf(b))),
    );
    fc.assert(fc.property(anyName, (bytes) => shownName(nameOf(bytes)).isWellFormed()));
  });
});
