import { describe, expect, it } from 'vitest';
import { joinedWords, wordsOf } from '../../../src/drift/word-list.ts';

describe('lists', () => {
  it.each([
    ['GOFLAGS', `-tags=a  '-ldflags=-s -w'`, ['-tags=a', '-ldflags=-s -w'], `-tags=a '-ldflags=-s -w'`],
    ['GOEXPERIMENT', 'a,,nob', ['a', 'nob'], 'a,nob'],
    ['GODEBUG', 'x=1,y=0', ['x=1', 'y=0'], 'x=1,y=0'],
    ['GOPROXY', 'https://a.example|direct', ['https://a.example', 'direct'], undefined],
    ['GOPATH', '/a:/b', ['/a', '/b'], '/a:/b'],
    ['CC', 'cc -m32', undefined, undefined],
    ['GOOS', 'linux', undefined, undefined],
  ])('%s=%s have the words %j', (name, value, words, joined) => {
    expect(wordsOf(name, value)).toEqual(words);
    if (words !== undefined && joined !== undefined) expect(joinedWords(name, words)).toBe(joined);
  });

  it('with an unterminated quote and a space count as more than one word', () => {
    expect(wordsOf('GOFLAGS', `-tags=a '-x`)).toHaveLength(2);
    expect(wordsOf('GOFLAGS', `'-x`)).toHaveLength(1);
  });

  it('that are redacted or truncated are not joined', () => {
    expect(joinedWords('GOFLAGS', ['-tags=a', '-ldflags=-X=a.b=redacted'])).toBeUndefined();
    expect(joinedWords('GOFLAGS', ['-tags=a…'])).toBeUndefined();
  });
});
