import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { flagValue, joinQuoted, parseGoflags, splitQuoted } from '../../../src/go/goflags.ts';

describe('splitQuoted', () => {
  test.each([
    ['', []],
    [' a  b\t\nc ', ['a', 'b', 'c']],
    [`'a b' "c 'd'"`, ['a b', "c 'd'"]],
    // A quote counts only at the beginning of a field, and the next field may follow without a space.
    [`a'b c'`, [`a'b`, `c'`]],
    [`'a'b`, ['a', 'b']],
    [`''`, ['']],
  ])('%j', (text, fields) => {
    expect(splitQuoted(text)).toEqual({ fields });
  });

  test('reports an unterminated quote', () => {
    expect(splitQuoted(`a 'b`)).toEqual({ problem: "unterminated ' string" });
  });

  test('reverses joinQuoted', () => {
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
  test('returns the name, value and text of each flag', () => {
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

  test('reports a problem without the value, which may be secret', () => {
    expect(parseGoflags(`'-ldflags=-X a.b=hunter2`).problem).not.toContain('hunter2');
  });

  test('flagValue returns the value of the last flag of a name', () => {
    const { flags } = parseGoflags('-mod=vendor -v --mod=mod');
    expect(flagValue(flags, 'mod')).toBe('mod');
    expect(flagValue(flags, 'v')).toBe('true');
    expect(flagValue(flags, 'modfile')).toBeUndefined();
  });

  test('never throws', () => {
    fc.assert(fc.property(fc.string(), (text) => void parseGoflags(text)));
  });
});
