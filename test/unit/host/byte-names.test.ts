/** Names in bytes: there and back for any bytes, equal to the string where they are UTF-8, and told apart where they are shown. */
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
  it('can be had back', () => {
    fc.assert(
      fc.property(anyName, (bytes) => Buffer.from(systemPath(nameOf(bytes)) as Buffer).equals(bytes)),
    );
  });

  it('is its string where it is UTF-8, with the replacement character in it too', () => {
    for (const name of ['go', 'gö', 'g\ufffd', '😀', '\ufeffgo']) {
      expect(nameOf(Buffer.from(name))).toBe(name);
      expect(systemPath(name)).toBe(name);
    }
  });

  it('keeps what is UTF-8 in it', () => {
    expect(nameOf(Buffer.from([0x67, 0xff, 0xc3, 0xa9, 0xc3]))).toBe('g\udcffé\udcc3');
  });

  it('is shown as no other one is', () => {
    expect(shownName('gopls')).toBe('gopls');
    expect(shownName('t\udcff')).toBe('t\\udcff');
    expect(shownName('t\\udcff')).toBe('t\\\\udcff');
    fc.assert(
      fc.property(anyName, anyName, (a, b) => a.equals(b) || shownName(nameOf(a)) !== shownName(nameOf(b))),
    );
    fc.assert(fc.property(anyName, (bytes) => shownName(nameOf(bytes)).isWellFormed()));
  });
});
