/**
 * Settings that go reads only for a download: GOSUMDB, GOAUTH, GOVCS. The expected messages are those of
 * go1.27.4.
 */
import { describe, expect, it } from 'vitest';
import { goauthProblem } from '../../../src/go/goauth.ts';
import { gosumdbProblem } from '../../../src/go/gosumdb.ts';
import { govcsProblem } from '../../../src/go/govcs.ts';

// A key that is built into go (cmd/go/internal/modfetch/key.go).
const key = '033de0ae+Ac4zctda0e5eza+HJyk9SxEdh+s3Ux18htTTAD8OuAn8';

describe('gosumdbProblem', () => {
  it.each([
    ['off', undefined],
    // go may have the key of a bare host built in.
    ['sum.example.org', undefined],
    [' sum.example.org\thttps://mirror.example.org ', undefined],
    [`sum.example.org+${key}`, undefined],
    ['', 'missing GOSUMDB'],
    [' ', 'missing GOSUMDB'],
    ['sum.example.org https://a b', 'invalid GOSUMDB: too many fields'],
    ['on', 'invalid GOSUMDB: malformed verifier id'],
    ['sum.example.org+033de0ae+BADKEY', 'invalid GOSUMDB: malformed verifier id'],
    [`sum.example.org+33de0ae+${key.slice(9)}`, 'invalid GOSUMDB: malformed verifier id'],
    [`sum.example.org+033de0ae+${key.slice(9, -4)}`, 'invalid GOSUMDB: malformed verifier id'],
    [`sum.example.org+033de0ae+B${key.slice(10)}`, 'invalid GOSUMDB: unknown verifier algorithm'],
  ])('%j: %s', (value, problem) => {
    expect(gosumdbProblem(value, undefined)).toBe(problem);
  });

  it('accepts a host without a key only if go has the key built in', () => {
    expect(gosumdbProblem('sum.example.org', ['sum.example.org'])).toBeUndefined();
    expect(gosumdbProblem('sum.example.com', ['sum.example.org'])).toBe(
      'invalid GOSUMDB: malformed verifier id',
    );
  });
});

describe('goauthProblem', () => {
  it.each([
    ['netrc', undefined],
    ['off', undefined],
    ['git /home/u/repo;netrc;/opt/helper --token x', undefined],
    ['netrc;', 'GOAUTH encountered an empty command'],
    ['off;netrc', 'GOAUTH=off cannot be combined with other authentication commands'],
    ['git', 'GOAUTH=git dir method requires an absolute path to the git working directory'],
    ['netrc; git repo', 'GOAUTH=git dir method requires an absolute path to the git working directory'],
  ])('%j: %s', (value, problem) => {
    expect(goauthProblem(value)).toBe(problem);
  });
});

describe('govcsProblem', () => {
  it.each([
    ['', undefined],
    ['*:off', undefined],
    ['private:all, public:git | hg', undefined],
    ['git', 'malformed entry in GOVCS (missing colon)'],
    ['*:git,', 'empty entry in GOVCS'],
    [':git', 'empty pattern in GOVCS'],
    ['public:', 'empty VCS list in GOVCS'],
    ['./x:git', 'relative pattern not allowed in GOVCS'],
    ['*:git,*:hg', 'unreachable pattern in GOVCS'],
    ['*:git|', 'empty VCS name in GOVCS'],
  ])('%j: %s', (value, problem) => {
    expect(govcsProblem(value)).toBe(problem);
  });
});
