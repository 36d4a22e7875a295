import { describe, expect, it } from 'vitest';
import { sameMeaning } from '../../../src/drift/equivalence.ts';

describe('sameMeaning', () => {
  it.each([
    ['env.GOFLAGS', '-trimpath -tags=a', '-tags=a -trimpath', true],
    ['env.GOFLAGS', '-tags=a -tags=b', '-tags=b -tags=a', false],
    ['env.GOFLAGS', '-tags=a', '-tags=a -trimpath', false],
    ['env.GOFLAGS', '-race', '-race=false', false],
    ['env.GOFLAGS', '-coverpkg=./... -cover=false', '-cover=false -coverpkg=./...', false],
    ['env.GOFLAGS', 'junk -tags=a', '-tags=a junk', false],
    ['env.GOPRIVATE', 'a.example.com,b.example.com', 'b.example.com,,a.example.com', true],
    ['env.GONOSUMDB', 'a.example.com', 'a.example.com,b.example.com', false],
    // The order decides where a module comes from.
    ['env.GOPROXY', 'https://a.example.com,direct', 'direct,https://a.example.com', false],
    ['env.GOARM64', 'v8.0,lse', 'lse,v8.0', false],
  ])('%s=%s and %s are equivalent: %s', (key, old, now, same) => {
    expect(sameMeaning(key, old, now)).toBe(same);
  });
});
