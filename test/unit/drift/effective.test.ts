/** A value that Go uses anyway is no drift, whichever snapshot contains it. */
import { describe, expect, it } from 'vitest';
import { entersAsDefault, isSet, withEffectiveValues } from '../../../src/drift/effective.ts';
import type { VariableFact } from '../../../src/drift/model.ts';

const fact = (
  name: string,
  value: string,
  kind: VariableFact['origin']['kind'],
  usual = '',
): VariableFact => ({ name, value, origin: { kind }, shadows: [], default: usual });

const variablesOf = (...facts: readonly VariableFact[]) => new Map(facts.map((one) => [one.name, one]));
const local = { 'env.GOTOOLCHAIN': 'local' };
const compare = (
  old: Readonly<Record<string, string>>,
  now: Readonly<Record<string, string>>,
  ...facts: readonly VariableFact[]
) => {
  const both = withEffectiveValues(
    new Map(Object.entries(old)),
    new Map(Object.entries(now)),
    variablesOf(...facts),
  );
  return [Object.fromEntries(both.old), Object.fromEntries(both.now)];
};

describe('withEffectiveValues', () => {
  it('drops an entry of the baseline whose value is effective without it', () => {
    expect(compare(local, {}, fact('GOTOOLCHAIN', 'local', 'goroot', 'local'))).toEqual([{}, {}]);
    expect(compare({ 'env.GOOS': 'linux' }, {}, fact('GOOS', 'linux', 'default', 'linux'))).toEqual([{}, {}]);
  });

  it('drops an entry set to the default if the baseline has no entry', () => {
    expect(compare({}, local, fact('GOTOOLCHAIN', 'local', 'process', 'local'))).toEqual([{}, {}]);
  });

  it('keeps entries that change a build', () => {
    expect(compare(local, {}, fact('GOTOOLCHAIN', 'auto', 'goroot', 'auto'))).toEqual([local, {}]);
    expect(compare({}, local, fact('GOTOOLCHAIN', 'local', 'process', 'auto'))).toEqual([{}, local]);
    const auto = { 'env.GOTOOLCHAIN': 'auto' };
    expect(compare(local, auto, fact('GOTOOLCHAIN', 'auto', 'process', 'auto'))).toEqual([local, auto]);
    expect(compare({ 'env.GOFLAGS': '-v' }, {}, fact('GOFLAGS', '', 'default'))).toEqual([
      { 'env.GOFLAGS': '-v' },
      {},
    ]);
  });

  it('drops the feature levels of other architectures from earlier snapshots', () => {
    const old = { 'env.GO386': 'softfloat', 'env.GOAMD64': 'v2' };
    expect(compare(old, {}, fact('GOARCH', 'amd64', 'default'))).toEqual([{ 'env.GOAMD64': 'v2' }, {}]);
    expect(compare(old, {}, fact('GOARCH', '386', 'process'))).toEqual([{ 'env.GO386': 'softfloat' }, {}]);
  });

  it('changes nothing while the environment is unknown', () => {
    const both = withEffectiveValues(new Map(Object.entries(local)), new Map(), undefined);
    expect(Object.fromEntries(both.old)).toEqual(local);
  });
});

describe('entersAsDefault and isSet', () => {
  it.each([
    ['GOTOOLCHAIN', 'local', 'process', true],
    ['GOPROXY', 'direct', 'goenv', true],
    ['CGO_ENABLED', '1', 'process', true],
    // Not set by the user, or the default of every Go.
    ['GOTOOLCHAIN', 'local', 'goroot', false],
    ['CGO_ENABLED', '1', 'default', false],
    ['GOOS', 'linux', 'process', false],
    ['GOTOOLCHAIN', '', 'process', false],
  ] as const)('%s=%s from %s enters a snapshot: %s', (name, value, kind, enters) => {
    expect(entersAsDefault(fact(name, value, kind, value))).toBe(enters);
  });

  it('isSet is true for values of the process and of GOENV', () => {
    expect(
      ['process', 'goenv', 'goroot', 'default'].map((kind) => isSet(fact('A', 'b', kind as 'process'))),
    ).toEqual([true, true, false, false]);
  });
});
