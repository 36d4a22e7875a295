import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameMatches, namePatternProblem } from '../../../src/drift/name-pattern.ts';

describe('patterns over target names', () => {
  it.each([
    '^ci-.*-test$',
    'api',
    '^(api|web)$',
    '^lab-[0-9]+$',
    'a.b',
    '[(]+',
    '^ci-.*?-x',
    '(?:web)+',
    '^a{1,3}$',
    ''.padEnd(200, 'a'),
  ])('%s is accepted', (pattern) => {
    expect(namePatternProblem(pattern)).toBeUndefined();
  });

  it.each([
    ['', /at most 200/],
    ['a'.repeat(201), /at most 200/],
    ['(', /no regular expression/],
    ['[z-a]', /no regular expression/],
    ['(a+)+$', /repeats a group/],
    ['(a|a)*b', /repeats a group/],
    ['(?:(a*))*', /repeats a group/],
    ['((a?){9}){9}', /repeats a group/],
    ['(a{1,9}){1,9}', /repeats a group/],
    ['a*a*a*a*b', /open repetitions/],
    ['a?a?a?a?a?a?a?b', /6 in all/],
    ['(a)\\1', /back reference/],
    ['(?=a)b', /look-around/],
    ['(?<!a)b', /look-around/],
    ['(?<n>a)\\k<n>', /look-around|back reference/],
  ])('%j is refused', (pattern, why) => {
    expect(namePatternProblem(pattern)).toMatch(why);
  });

  it('never match slowly if they are accepted', () => {
    const piece = fc.constantFrom(
      'a',
      'b',
      '.',
      '*',
      '+',
      '?',
      '{1,40}',
      '{2,}',
      '(',
      ')',
      '|',
      '[ab]',
      '\\w',
      '(?:',
      '$',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 14 }), (pieces) => {
        const pattern = pieces.join('');
        if (namePatternProblem(pattern) !== undefined) return;
        const start = process.cpuUsage().user;
        nameMatches([pattern], `${'a'.repeat(62)}!`);
        expect(process.cpuUsage().user - start).toBeLessThan(2_000_000);
      }),
      { numRuns: 2_000 },
    );
  });

  it('match the whole name, like Prometheus', () => {
    expect(nameMatches(['^ci-.*-test$'], 'ci-api-test')).toBe(true);
    expect(nameMatches(['^ci-.*-test$'], 'ci-api-test-2')).toBe(false);
    expect(nameMatches([], 'x')).toBe(false);
    // Anchored: a shell pattern matches nothing by accident, and an alternative matches no part of a name.
    expect(nameMatches(['ci-*'], 'special')).toBe(false);
    expect(nameMatches(['api'], 'api-of-somebody')).toBe(false);
    expect(nameMatches(['api|web'], 'webshop')).toBe(false);
    expect(nameMatches(['api|web'], 'web')).toBe(true);
  });
});
