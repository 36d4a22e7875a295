/** Suggestions for misspelt names, and texts for origins. */
import { describe, expect, it } from 'vitest';
import { editDistance, nearestNames, placeText } from '../../../src/explain/why/words.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', 'abc', 0],
    ['abc', '', 3],
    ['GOFLGAS', 'GOFLAGS', 1],
    ['kitten', 'sitting', 3],
    ['GOPROXY', 'GOROOT', 3],
  ])('of %j and %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearestNames', () => {
  const names = [
    'GOFLAGS',
    'GOPROXY',
    'GOPRIVATE',
    'tools.gopls',
    'modules.golang.org/x/net',
    'toolchain.version',
  ];

  it.each([
    ['goflags', 'GOFLAGS'],
    ['GOFLGAS', 'GOFLAGS'],
    ['gopsl', 'tools.gopls'],
    ['x/net', 'modules.golang.org/x/net'],
    ['toolchain.versoin', 'toolchain.version'],
  ])('suggests a name for %s: %s', (given, nearest) => {
    expect(nearestNames(given, names)[0]).toBe(nearest);
  });

  it('returns nothing if no name is similar', () => {
    expect(nearestNames('zzzzzz', names)).toEqual([]);
    expect(nearestNames('', names)).toEqual([]);
  });

  it('returns at most five names, even for many long ones', () => {
    const many = Array.from({ length: 5000 }, (_, index) => `modules.example.com/${'m'.repeat(300)}${index}`);
    expect(nearestNames('m'.repeat(10_000), many).length).toBeLessThanOrEqual(5);
  });
});

describe('placeText', () => {
  it('names the file and line, the process environment or the default', () => {
    expect(placeText({ kind: 'goenv', path: '/h/env', line: 3 })).toBe('/h/env:3');
    expect(placeText({ kind: 'process' })).toBe('the process environment');
    expect(placeText({ kind: 'default' })).toBe("Go's default");
  });
});
