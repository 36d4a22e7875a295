/** Scopes of waivers: what no finding can ever be of is refused, and what any finding is of is not. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entryKeys, findingKeys } from '../../../src/catalog/entry-keys.ts';
import { conflictRules } from '../../../src/catalog/rules.ts';
import { type WaiverScope, wholeKey, whyIdle } from '../../../src/drift/waiver-scope.ts';

const conflicts = join(import.meta.dirname, '../../../src/drift/conflicts');

/** Keys that rules write as they are. */
const keysOfRules = readdirSync(conflicts).flatMap((file) =>
  [...readFileSync(join(conflicts, file), 'utf8').matchAll(/\bkey: '([^']+)'/g)].map(([, key = '']) => key),
);

describe('whyIdle', () => {
  it.each<[WaiverScope, string]>([
    [{ rule: 'nope' }, 'rule'],
    [{ key: 'gomod' }, 'key'],
    [{ key: 'GOFLAGS' }, 'key'],
    [{ key: 'modules.' }, 'key'],
    [{ key: 'toolchain.versoin' }, 'key'],
    [{ key: 'environment.*' }, 'key'],
    [{ key: 'env.*', facet: 'tools' }, 'key'],
    [{ key: 'tools.gopls', rule: 'goflags-unknown' }, 'key'],
    [{ rule: 'goflags-unknown', facet: 'tools' }, 'facet'],
  ])('refuses %j, for its %s', (scope, part) => {
    expect(whyIdle(scope)).toMatchObject({ part });
  });

  it.each<[WaiverScope]>([
    [{}],
    [{ key: '*' }],
    [{ key: 'env.*', facet: 'env' }],
    [{ key: 'env.GO*', rule: 'changed' }],
    // A line of a GOENV file that go does not know, and a variable that the target requires.
    [{ key: 'env.NOPE' }],
    [{ key: 'modules.golang.org/x/*' }],
    [{ key: 'cache.corrupt.0123*' }],
    [{ rule: 'sumdb-blocks-switch', key: 'env.GOSUMDB' }],
    [{ facet: 'modules', key: 'env.GOWORK' }],
    [{ facet: 'toolchain', rule: 'pin-go-mod' }],
  ])('takes %j', (scope) => {
    expect(whyIdle(scope)).toBeUndefined();
  });

  it('takes every key that an entry or a conflict may have, and every rule with its facet', () => {
    expect(keysOfRules.length).toBeGreaterThan(40);
    const keys = [...keysOfRules, ...[...entryKeys, ...findingKeys].map(({ example }) => example)];
    for (const key of keys) expect([key, whyIdle({ key })]).toEqual([key, undefined]);
    for (const { rule, facet } of conflictRules) expect(whyIdle({ rule, facet })).toBeUndefined();
  });
});

describe('wholeKey', () => {
  it('knows variables and tools by their names, and leaves the rest', () => {
    expect(['GOFLAGS', 'gopls', 'env.GOFLAGS', 'gomod'].map(wholeKey)).toEqual([
      'env.GOFLAGS',
      'tools.gopls',
      'env.GOFLAGS',
      'gomod',
    ]);
  });
});
