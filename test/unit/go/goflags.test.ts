import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flagValue, joinQuoted, parseGoflags, splitQuoted } from '../../../src/go/goflags.ts';

describe('splitQuoted', () => {
  test.each([
    ['', []],
    [' a  b\t\nc ', ['a', 'b', 'c']],
    [`'a b' "c 'd'"`, ['a b', "c 'd'"]],
    // Quotes count at the beginning of a field only, and the next field may follow at once.
    [`a'b c'`, [`a'b`, `c'`]],
    [`'a'b`, ['a', 'b']],
    [`''`, ['']],
  ])('%j', (text, fields) => {
    expect(splitQuoted(text)).toEqual({ fields });
  });

  test('an open quote is a problem', () => {
    expect(splitQuoted(`a 'b`)).toEqual({ problem: "unterminated ' string" });
  });

  test('gives back what joinQuoted made', () => {
    const field = fc
      .string({ maxLength: 12 })
      .filter((text) => text !== '' && !(text.includes("'") && text.includes('"')));
    fc.assert(
      fc.property(fc.array(field), (fields) => {
        expect(splitQuoted(joinQuoted(fields) ?? 'none')).toEqual({ fields });
      }),
    );
    expect(joinQuoted([`'"`])).toBeUndefined();
  });
});

describe('parseGoflags', () => {
  test('names, values and text', () => {
    const { flags, problem } = parseGoflags(`-mod=mod --tags=a,b -trimpath '-ldflags=-X main.a=b c' -x=`);
    expect(problem).toBeUndefined();
    expect(flags).toEqual([
      { name: 'mod', value: 'mod', text: '-mod=mod' },
      { name: 'tags', value: 'a,b', text: '--tags=a,b' },
      { name: 'trimpath', text: '-trimpath' },
      { name: 'ldflags', value: '-X main.a=b c', text: '-ldflags=-X main.a=b c' },
      { name: 'x', value: '', text: '-x=' },
    ]);
  });

  test.each(['word', '-', '--', '---x', '-=x', '--=x', '=true'])('%s is no flag', (text) => {
    const parsed = parseGoflags(`-v ${text}`);
    expect(parsed.nonFlags).toEqual([text]);
    expect(parsed.problem).toBeDefined();
  });

  test('a problem names no value: it may be secret', () => {
    expect(parseGoflags(`'-ldflags=-X a.b=hunter2`).problem).not.toContain('hunter2');
  });

  test('the last flag of a name counts', () => {
    const { flags } = parseGoflags('-mod=vendor -v --mod=mod');
    expect(flagValue(flags, 'mod')).toBe('mod');
    expect(flagValue(flags, 'v')).toBe('true');
    expect(flagValue(flags, 'modfile')).toBeUndefined();
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseGoflags(text)));
  });
});
