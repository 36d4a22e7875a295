/** Parsers of memory sizes and of overlay files. */
import { describe, expect, it } from 'vitest';
import { isByteCount } from '../../../src/go/byte-count.ts';
import { readOverlay } from '../../../src/go/overlay.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

describe('isByteCount', () => {
  it.each(['0', '512', '512B', '1KiB', '512MiB', '4GiB', '1TiB', '9223372036854775807'])(
    'accepts %s',
    (text) => {
      expect(isByteCount(text)).toBe(true);
    },
  );
  it.each(['', 'B', '512M', '4GB', '1.5GiB', '4gib', '-1', '1 GiB', '8388608TiB', '9223372036854775808'])(
    'refuses %j',
    (text) => {
      expect(isByteCount(text)).toBe(false);
    },
  );
});

describe('readOverlay', () => {
  it.each(['{bad', '', '[]', '{"Replace":["a"]}', '{"Replace":{"a.go":1}}', '{"Replace":{"":"x"}}'])(
    'refuses %j',
    (text) => {
      expect(readOverlay(bytes(text))).toHaveProperty('problem');
    },
  );
  it.each(['{}', 'null', '{"Replace":null}', '{"other":1}'])('reads %j as no replacements', (text) => {
    expect(readOverlay(bytes(text))).toEqual({ replace: new Map() });
  });
  it('returns the replacement of each file', () => {
    expect(readOverlay(bytes('{"replace":{"a.go":"b.go","c.go":""}}'))).toEqual({
      replace: new Map([
        ['a.go', 'b.go'],
        ['c.go', ''],
      ]),
    });
  });
});
