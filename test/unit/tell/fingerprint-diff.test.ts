/** The diff of `check --write-diff` beside the one of an earlier check: what was not compared this time stays. */
import { expect, test } from 'vitest';
import type { Facet } from '../../../src/catalog/facets.ts';
import type { FacetState, TargetState } from '../../../src/drift/state.ts';
import { fingerprintDiff, isFingerprintDiff } from '../../../src/tell/reports/fingerprint-diff.ts';
import { quiet as healthy, noon, quietFacet } from './states.ts';

function changed(facet: Facet, name: string, expected?: string, actual?: string): FacetState {
  const quiet = quietFacet(facet);
  const change = { facet, key: `${facet}.${name}`, weight: 0.2, level: 'minor' } as const;
  const sides = {
    ...(expected === undefined ? {} : { expected }),
    ...(actual === undefined ? {} : { actual }),
  };
  return {
    ...quiet,
    drift: { ...quiet.drift, changes: [{ ...change, ...sides }] } as FacetState['drift'] & {},
  };
}

function stateOf(facets: TargetState['facets'], entries: Readonly<Record<string, string>> = {}): TargetState {
  return { ...healthy, time: noon, facets, entries: new Map(Object.entries(entries)) };
}

const first = fingerprintDiff(
  stateOf({
    env: changed('env', 'GOFLAGS', '-a=1', '-b=2'),
    modules: changed('modules', 'e.org/m', 'v1', 'v2'),
    tools: changed('tools', 'e.org/t', 'v1'),
  }),
);

test('an earlier diff stays for entries that could not be compared', () => {
  const later = (facets: TargetState['facets'], entries = {}) =>
    fingerprintDiff(stateOf(facets, entries), first);
  const quiet = { env: quietFacet('env'), modules: quietFacet('modules'), tools: quietFacet('tools') };
  expect(later(quiet)).toBeUndefined();
  const { modules: _modules, ...blind } = quiet;
  const rest = later(blind) ?? '';
  expect(rest).toContain('-modules.e.org/m=v1\n+modules.e.org/m=v2\n');
  expect(rest).not.toMatch(/^[+-](env|tools)\./m);
  expect(isFingerprintDiff(rest)).toBe(true);
  // Again and again: it is the same.
  expect(fingerprintDiff(stateOf(blind), rest)).toBe(rest);
  // A facet without a baseline is compared with nothing.
  const { drift: _drift, ...alone } = quiet.modules;
  expect(later({ ...quiet, modules: alone })).toBe(rest);
  // Beside what differs now.
  const both = later({ ...blind, env: changed('env', 'GOFLAGS', '-a=1', '-c=3') }) ?? '';
  expect(both).toContain('+env.GOFLAGS=-c\\=3\n');
  expect(both).not.toContain('-b\\=2');
  expect(both.endsWith(rest)).toBe(true);
});

test('keys that an observation left open stay, even if their facet was compared', () => {
  const later = (tools: Partial<FacetState>, entries = {}) =>
    fingerprintDiff(
      stateOf(
        {
          env: quietFacet('env'),
          modules: quietFacet('modules'),
          tools: { ...quietFacet('tools'), ...tools },
        },
        entries,
      ),
      first,
    );
  for (const open of ['tools.e.org/t', 'tools.*']) {
    expect(later({ unsettled: [open] })).toContain('-tools.e.org/t=v1\n');
    expect(later({ unsettled: [open] }, { 'tools.e.org/t': 'v1' })).toBeUndefined();
  }
  expect(later({ unsettled: ['tools.other'] })).toBeUndefined();
  // Only a look at the whole tree knows the digest of the toolchain.
  const digest = fingerprintDiff(stateOf({ toolchain: changed('toolchain', 'digest', 'h1:a', 'h1:b') }));
  const toolchain = quietFacet('toolchain');
  expect(fingerprintDiff(stateOf({ toolchain }), digest)).toBe(digest);
  expect(fingerprintDiff(stateOf({ toolchain }, { 'toolchain.digest': 'h1:a' }), digest)).toBeUndefined();
});
