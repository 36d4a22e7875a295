/** Values that Go takes anyway are no drift, in whichever snapshot they stand. */
import { describe, expect, it } from 'vitest';
import { entersAsDefault, isSet, withEffectiveValues } from '../../../src/drift/effective.ts';
import type { VariableFact } from '../../../src/drift/model.ts';

const fact = (
  name: string,
  value: string,
  kind: VariableFact['origin']['kind'],
  usual = '',
): VariableFact => ({ name, value, origin: { kind }, shadows: [], default: usual });

const of = (...facts: readonly VariableFact[]) => new Map(facts.map((one) => [one.name, one]));
const local = { 'env.GOTOOLCHAIN': 'local' };
const compare = (
  old: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  ...facts: readonly VariableFact[]
) => {
  const both = withEffectiveValues(new Map(Object.entries(old)), new Map(Object.entries(now)), of(...facts));
  return [Object.fromEntries(both.old), Object.fromEntries(both.now)];
};

describe('withEffectiveValues', () => {
  it('takes an entry for none where its value is in force without it', () => {
    expect(compare(local, {}, fact('GOTOOLCHAIN', 'local', 'goroot', 'local'))).toEqual([{}, {}]);
    expect(compare({ 'env.GOOS': 'linux' }, {}, fact('GOOS', 'linux', 'default', 'linux'))).toEqual([{}, {}]);
  });

  it('takes what is set to the default for nothing where the baseline has none', () => {
    expect(compare({}, local, fact('GOTOOLCHAIN', 'local', 'process', 'local'))).toEqual([{}, {}]);
  });

  it('keeps what changes a build', () => {
    expect(compare(local, {}, fact('GOTOOLCHAIN', 'auto', 'goroot', 'auto'))).toEqual([local, {}]);
    expect(compare({}, local, fact('GOTOOLCHAIN', 'local', 'process', 'auto'))).toEqual([{}, local]);
    const auto = { 'env.GOTOOLCHAIN': 'auto' };
    expect(compare(local, auto, fact('GOTOOLCHAIN', 'auto', 'process', 'auto'))).toEqual([local, auto]);
    expect(compare({ 'env.GOFLAGS': '-v' }, {}, fact('GOFLAGS', '', 'default'))).toEqual([
      { 'env.GOFLAGS': '-v' },
      {},
    ]);
  });

  it('drops the level of an architecture that is not built for, which earlier snapshots have', () => {
    const old = { 'env.GO386': 'softfloat', 'env.GOAMD64': 'v2' };
    expect(compare(old, {}, fact('GOARCH', 'amd64', 'default'))).toEqual([{ 'env.GOAMD64': 'v2' }, {}]);
    expect(compare(old, {}, fact('GOARCH', '386', 'process'))).toEqual([{ 'env.GO386': 'softfloat' }, {}]);
  });

  it('leaves all as it is while the environment is not known', () => {
    const both = withEffectiveValues(new Map(Object.entries(local)), new Map(), undefined);
    expect(Object.fromEntries(both.old)).toEqual(local);
  });
});

describe('what enters a snapshot as a default', () => {
  it.each([
    ['GOTOOLCHAIN', 'local', 'process', true],
    ['GOPROXY', 'direct', 'goenv', true],
    ['CGO_ENABLED', '1', 'process', true],
    // What nobody set, and what is the default in every tree.
    ['GOTOOLCHAIN', 'local', 'goroot', false],
    ['CGO_ENABLED', '1', 'default', false],
    ['GOOS', 'linux', 'process', false],
    ['GOTOOLCHAIN', '', 'process', false],
  ] as const)('%s=%s of %s: %s', (name, value, kind, enters) => {
    expect(entersAsDefault(fact(name, value, kind, value))).toBe(enters);
  });

  it('is set by the process or by GOENV', () => {
    expect(
      ['process', 'goenv', 'goroot', 'default'].map((kind) => isSet(fact('A', 'b', kind as 'process'))),
    ).toEqual([true, true, false, false]);
  });
});
