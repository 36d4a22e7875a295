/** White space as Go defines it in go.sum and modules.txt, and quoted texts in messages. */
import { describe, expect, it } from 'vitest';
import { parseGoSum } from '../../../src/go/gosum.ts';
import { quoted } from '../../../src/go/quoted.ts';
import { fieldsOf, trimSpace } from '../../../src/go/space.ts';
import { parseVendorModules } from '../../../src/go/vendor-modules.ts';

describe('white space', () => {
  it('is that of unicode.IsSpace: it includes U+0085 but not U+FEFF', () => {
    expect(fieldsOf('\u0085a\u00a0b\tc\u3000')).toEqual(['a', 'b', 'c']);
    expect(fieldsOf('\ufeffa b\ufeff')).toEqual(['\ufeffa', 'b\ufeff']);
    expect(trimSpace('\u0085 a\ufeff \n')).toBe('a\ufeff');
    expect(fieldsOf(' \t')).toEqual([]);
  });
});

describe('a go.sum', () => {
  const read = (text: string) => [...parseGoSum(Buffer.from(text)).sums.keys()];

  it('keeps a byte order mark as part of its first field', () => {
    expect(read('\ufeffe.com/a v1.0.0 h1:x=\n')).toEqual(['\ufeffe.com/a v1.0.0']);
  });

  it('ignores sums of unknown algorithms', () => {
    expect(read('e.com/a v1.0.0 h2:x=\ne.com/b v1.0.0 h1:x=\n')).toEqual(['e.com/b v1.0.0']);
  });

  it('treats U+0085 at the end of a line as white space', () => {
    expect(read('e.com/a v1.0.0 h1:x=\u0085\n')).toEqual(['e.com/a v1.0.0']);
  });
});

it('a modules.txt with a byte order mark loses its first module', () => {
  const { modules } = parseVendorModules(Buffer.from('\ufeff# e.com/a v1.0.0\n# e.com/b v1.0.0\n'));
  expect([...modules.keys()]).toEqual(['e.com/b v1.0.0']);
});

describe('a quoted text', () => {
  it('has at most 200 characters and never half a surrogate pair', () => {
    expect(quoted('a'.repeat(200))).toBe('a'.repeat(200));
    expect(quoted('a'.repeat(201))).toBe(`${'a'.repeat(199)}…`);
    const cut = quoted(`${'a'.repeat(198)}${'\u{1f600}'.repeat(9)}`);
    expect(cut).toBe(`${'a'.repeat(198)}…`);
    expect(cut.isWellFormed()).toBe(true);
  });
});
