/** Blanks as Go takes them, texts of files in messages, and sums as go reads them. */
import { describe, expect, it } from 'vitest';
import { parseGoSum } from '../../../src/go/gosum.ts';
import { quoted } from '../../../src/go/quoted.ts';
import { fieldsOf, trimSpace } from '../../../src/go/space.ts';
import { parseVendorModules } from '../../../src/go/vendor-modules.ts';

describe('blanks', () => {
  it('are those of unicode.IsSpace: U+0085 is one, U+FEFF is none', () => {
    expect(fieldsOf('\u0085a\u00a0b\tc\u3000')).toEqual(['a', 'b', 'c']);
    expect(fieldsOf('\ufeffa b\ufeff')).toEqual(['\ufeffa', 'b\ufeff']);
    expect(trimSpace('\u0085 a\ufeff \n')).toBe('a\ufeff');
    expect(fieldsOf(' \t')).toEqual([]);
  });
});

describe('a go.sum', () => {
  const read = (text: string) => [...parseGoSum(Buffer.from(text)).sums.keys()];

  it('has a byte order mark as part of its first word', () => {
    expect(read('\ufeffe.com/a v1.0.0 h1:x=\n')).toEqual(['\ufeffe.com/a v1.0.0']);
  });

  it('counts sums of the known algorithm alone', () => {
    expect(read('e.com/a v1.0.0 h2:x=\ne.com/b v1.0.0 h1:x=\n')).toEqual(['e.com/b v1.0.0']);
  });

  it('of an editor that ends lines with U+0085 has words all the same', () => {
    expect(read('e.com/a v1.0.0 h1:x=\u0085\n')).toEqual(['e.com/a v1.0.0']);
  });
});

it('a modules.txt with a byte order mark lists no first module', () => {
  const { modules } = parseVendorModules(Buffer.from('\ufeff# e.com/a v1.0.0\n# e.com/b v1.0.0\n'));
  expect([...modules.keys()]).toEqual(['e.com/b v1.0.0']);
});

describe('a quoted text', () => {
  it('is at most 200 characters, and no half of a pair', () => {
    expect(quoted('a'.repeat(200))).toBe('a'.repeat(200));
    expect(quoted('a'.repeat(201))).toBe(`${'a'.repeat(199)}…`);
    const cut = quoted(`${'a'.repeat(198)}${'\u{1f600}'.repeat(9)}`);
    expect(cut).toBe(`${'a'.repeat(198)}…`);
    expect(cut.isWellFormed()).toBe(true);
  });
});
