/** Scopes of waivers: a scope that can match no finding is refused, and every other scope is accepted. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { entryKeys, findingKeys } from '../../../src/catalog/entry-keys.ts';
import { conflictRules } from '../../../src/catalog/rules.ts';
import { type WaiverScope, wholeKey, whyIdle } from '../../../src/drift/waiver-scope.ts';

const conflicts = join(import.meta.dirname, '../../../src/drift/conflicts');

/** Keys that occur as literals in the rules. */
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
  ])('refuses %j because of its %s', (scope, part) => {
    expect(whyIdle(scope)).toMatchObject({ part });
  });

  it.each<[WaiverScope]>([
    [{}],
    [{ key: '*' }],
    [{ key: 'env.*', facet: 'env' }],
    [{ key: 'env.GO*', rule: 'changed' }],
    // Such a key occurs for an unknown line of a GOENV file, and for a variable that the target requires.
    [{ key: 'env.NOPE' }],
    [{ key: 'modules.golang.org/x/*' }],
    [{ key: 'cache.corrupt.0123*' }],
    [{ rule: 'sumdb-blocks-switch', key: 'env.GOSUMDB' }],
    [{ facet: 'modules', key: 'env.GOWORK' }],
    [{ facet: 'toolchain', rule: 'pin-go-mod' }],
  ])('accepts %j', (scope) => {
    expect(whyIdle(scope)).toBeUndefined();
  });

  it('accepts every key of an entry or a conflict, and every rule with its facet', () => {
    expect(keysOfRules.length).toBeGreaterThan(40);
    const keys = [...keysOfRules, ...[...entryKeys, ...findingKeys].map(({ example }) => example)];
    for (const key of keys) expect([key, whyIdle({ key })]).toEqual([key, undefined]);
    for (const { rule, facet } of conflictRules) expect(whyIdle({ rule, facet })).toBeUndefined();
  });
});

describe('wholeKey', () => {
  it('adds the facet to names of variables and tools, and changes nothing else', () => {
    expect(['GOFLAGS', 'gopls', 'env.GOFLAGS', 'gomod'].map(wholeKey)).toEqual([
      'env.GOFLAGS',
      'tools.gopls',
      'env.GOFLAGS',
      'gomod',
    ]);
  });
});
