import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { levelNumber } from '../../../src/catalog/facets.ts';
import { type Change, diffEntries } from '../../../src/drift/diff.ts';
import { facetDrift, patchCeiling, weighChange } from '../../../src/drift/distance.ts';

const drift = (
  before: Record<string, string>,
  after: Record<string, string>,
  elsewhere?: ReadonlySet<string>,
) => facetDrift(diffEntries(new Map(Object.entries(before)), new Map(Object.entries(after))), elsewhere);
const weigh = (key: string, old: string | undefined, now: string | undefined) =>
  weighChange(
    { key, ...(old === undefined ? {} : { old }), ...(now === undefined ? {} : { new: now }) },
    new Set(),
  );

describe('the weight of a change', () => {
  it.each([
    ['toolchain.version', '1.26.8', '2.0.0', 1, 'major'],
    ['toolchain.version', '1.26.8', '1.27.0', 0.5, 'minor'],
    ['toolchain.version', '1.27.0', '1.27.4', 0.1, 'patch'],
    ['toolchain.version', '1.27rc1', '1.27rc2', 0.2, 'patch'],
    ['toolchain.version', '1.26.8', undefined, 1, 'major'],
    ['toolchain.digest', 'a', 'b', 0.8, 'major'],
    ['toolchain.digest', undefined, 'b', 0.05, 'patch'],
    ['env.GOOS', 'linux', 'darwin', 1, 'major'],
    ['env.GOFLAGS', undefined, '-mod=mod', 0.5, 'minor'],
    ['env.GOTOOLCHAIN', 'local', undefined, 0.4, 'minor'],
    ['env.SOMETHING', '1', '2', 0.2, 'minor'],
    ['modules.golang.org/x/net', 'v0.17.0 h1:a=', 'v1.0.0 h1:b=', 0.6, 'major'],
    ['modules.golang.org/x/net', 'v0.17.0 h1:a=', 'v0.18.0 h1:b=', 0.2, 'minor'],
    ['modules.golang.org/x/net', 'v0.17.0 h1:a=', 'v0.17.1 h1:b=', 0.05, 'patch'],
    ['modules.golang.org/x/net', 'v0.17.0 h1:a=', 'v0.17.0 h1:b=', 0.8, 'major'],
    ['modules.golang.org/x/net', 'v0.17.0 h1:a=', 'v0.17.0 => ../net', 0.8, 'major'],
    ['modules.golang.org/x/net', 'v0.17.0 h1:a=', 'v0.17.1 => ../net', 0.8, 'major'],
    ['modules.golang.org/x/net', undefined, 'v0.17.0 h1:a=', 0.2, 'minor'],
    ['modules.vendor', 'a', 'b', 0.8, 'major'],
    ['tools.staticcheck', 'v0.5.0', 'v0.6.0', 0.2, 'minor'],
    ['tools.gofmt', 'go1.26.0', 'go1.27.0', 0.2, 'minor'],
    ['cache.corrupt_outputs', undefined, '1', 1, 'major'],
    ['cache.rebound_actions', undefined, '1', 1, 'major'],
    ['cache.foreign_owned', undefined, '1', 0.2, 'minor'],
    ['context.kernel', '6.1', '6.2', 0.05, 'patch'],
    ['unheard.of', '1', '2', 0.2, 'minor'],
  ] as const)('%s: %s → %s is %d, %s', (key, old, now, weight, level) => {
    expect(weigh(key, old, now)).toEqual({ weight, level });
  });

  it('has level patch if only the patch release of a tool differs', () => {
    expect(weigh('tools.golangci-lint', '2.1.0', '2.1.6').level).toBe('patch');
    expect(weigh('tools.golangci-lint', 'v2.1.0', 'v2.1.6').level).toBe('patch');
  });

  it('is 0 for a compiler that disappears with CGO_ENABLED=0, and minor for one that disappears alone', () => {
    const gcc = { 'tools.cc': 'gcc 12.2.0' };
    const levels = (after: Readonly<Record<string, string>>) =>
      drift(gcc, after).changes.map(({ key, level }) => [key, level]);
    expect(levels({ 'env.CGO_ENABLED': '0' })).toContainEqual(['tools.cc', 'none']);
    expect(levels({})).toEqual([['tools.cc', 'minor']]);
  });

  it('is 0 for an entry that follows from another change', () => {
    const before = {
      'toolchain.version': '1.26.0',
      'toolchain.goroot': '/usr/lib/go-1.26',
      'toolchain.digest': 'a',
    };
    const after = {
      'toolchain.version': '1.27.0',
      'toolchain.goroot': '/usr/lib/go-1.27',
      'toolchain.digest': 'b',
    };
    const { changes, semanticDistance, level, changeRatio } = drift(before, after);
    expect(changes.map(({ key, weight, level }) => [key, weight, level])).toEqual([
      ['toolchain.version', 0.5, 'minor'],
      ['toolchain.digest', 0, 'none'],
      ['toolchain.goroot', 0, 'none'],
    ]);
    expect([semanticDistance, level, changeRatio]).toEqual([0.5, 'minor', 1]);
    const elsewhere = drift(
      { 'env.GOROOT': '/usr/lib/go-1.26' },
      { 'env.GOROOT': '/usr/lib/go-1.27' },
      new Set(['toolchain.version']),
    );
    expect(elsewhere.semanticDistance).toBe(0);
    expect(drift({ 'env.GOROOT': '/a' }, { 'env.GOROOT': '/b' }).semanticDistance).toBe(0.4);
  });
});

describe('patches', () => {
  it('have a total distance of at most 0.3, however many there are', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 400 }), (count) => {
        const entries = (patch: number) =>
          Object.fromEntries(
            Array.from({ length: count }, (_, i) => [`modules.example.com/m${i}`, `v1.2.${patch}`]),
          );
        const { semanticDistance, level } = drift(entries(0), entries(1));
        expect(level).toBe('patch');
        expect(semanticDistance).toBeGreaterThan(0);
        expect(semanticDistance).toBeLessThanOrEqual(patchCeiling);
      }),
    );
    const seven = (patch: number) =>
      Object.fromEntries(Array.from({ length: 7 }, (_, i) => [`modules.example.com/m${i}`, `v1.2.${patch}`]));
    expect(drift(seven(0), seven(1)).semanticDistance).toBeLessThanOrEqual(0.3);
  });

  it('weigh less together than one minor release of the toolchain', () => {
    expect(drift({ 'toolchain.version': '1.26.8' }, { 'toolchain.version': '1.27.0' }).semanticDistance).toBe(
      0.5,
    );
    const patches = Object.fromEntries(Array.from({ length: 50 }, (_, i) => [`toolchain.fact${i}`, '1']));
    expect(
      drift({ 'toolchain.version': '1.26.8' }, { 'toolchain.version': '1.27.0', ...patches })
        .semanticDistance,
    ).toBeGreaterThan(0.5);
  });
});

describe('the distance', () => {
  const change: fc.Arbitrary<Change> = fc
    .tuple(
      fc.constantFrom(
        'modules.a',
        'modules.b',
        'modules.c',
        'modules.d',
        'modules.e',
        'env.GOFLAGS',
        'env.GOBIN',
        'context.x',
        'toolchain.version',
        'toolchain.digest',
        'tools.x',
      ),
      fc.constantFrom(undefined, 'v1.0.0', 'v1.0.1', 'v1.1.0', 'v2.0.0', '1.26.0', '1.26.1', '1.27.0', 'x'),
      fc.constantFrom(undefined, 'v1.0.0', 'v1.0.2', 'v1.2.0', 'v3.0.0', '1.26.0', '1.26.2', '1.27.1', 'y'),
    )
    .filter(([, old, now]) => old !== now)
    .map(([key, old, now]) => ({
      key,
      ...(old === undefined ? {} : { old }),
      ...(now === undefined ? {} : { new: now }),
    }));
  const changes = fc.uniqueArray(change, { selector: (one) => one.key, maxLength: 9 });
  const driftOf = (list: readonly Change[]) =>
    facetDrift({ added: [], removed: [], changed: list, union: Math.max(1, list.length) });

  it('lies in [0,1], like the ratio', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const { semanticDistance, changeRatio } = driftOf(list);
        expect(semanticDistance).toBeGreaterThanOrEqual(0);
        expect(semanticDistance).toBeLessThanOrEqual(1);
        expect(changeRatio).toBe(list.length === 0 ? 0 : 1);
      }),
    );
  });

  it('never decreases, like the level, if one more entry differs', () => {
    fc.assert(
      fc.property(changes, (list) => {
        const [last, ...rest] = list;
        // Except toolchain.version: other changes follow from it and then weigh nothing.
        if (last === undefined || last.key === 'toolchain.version') return;
        const [less, more] = [driftOf(rest), driftOf(list)];
        expect(more.semanticDistance).toBeGreaterThanOrEqual(less.semanticDistance - 1e-12);
        expect(levelNumber(more.level)).toBeGreaterThanOrEqual(levelNumber(less.level));
      }),
      { numRuns: 1000 },
    );
  });

  it('is 1 − Π(1 − weight) for changes above level patch', () => {
    expect(drift({}, { 'env.GOFLAGS': 'x', 'env.GOTOOLCHAIN': 'local' }).semanticDistance).toBeCloseTo(
      1 - 0.5 * 0.6,
      12,
    );
  });

  it('lists changes sorted by weight, and is 0 for two empty facets', () => {
    expect(
      drift({}, { 'env.GOBIN': '/x', 'env.GOOS': 'js', 'env.GOFLAGS': 'x' }).changes.map((one) => one.key),
    ).toEqual(['env.GOOS', 'env.GOFLAGS', 'env.GOBIN']);
    expect(drift({}, {})).toEqual({ changeRatio: 0, semanticDistance: 0, level: 'none', changes: [] });
  });
});
