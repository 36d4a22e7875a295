import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { facets } from '../../../src/catalog/facets.ts';
import { diffEntries, diffSnapshots } from '../../../src/drift/diff.ts';
import { formatBody, formatSnapshot } from '../../../src/drift/snapshot.ts';

const bytes = (entries: ReadonlyMap<string, string>) => Buffer.from(formatSnapshot(entries, 0));
const text = fc.string({
  unit: fc.constantFrom('\\', '\n', '\r', '=', 'n', 'r', 'a', '.', '-', '<', '>', 'é', '\uffff', '\u{10000}'),
  minLength: 1,
  maxLength: 5,
});
const key = fc.oneof(
  text,
  fc
    .tuple(fc.constantFrom(...facets, 'mxdules', 'envy', 'tool'), text)
    .map(([facet, rest]) => `${facet}.${rest}`),
);
const entries = (maxLength: number) =>
  fc.array(fc.tuple(key, text), { maxLength }).map((pairs) => new Map(pairs));

/** Two snapshots that share most entries, like real ones. */
const pair = fc
  .tuple(entries(60), entries(8), entries(8), fc.nat(), fc.nat())
  .map(([common, a, b, from, count]) => {
    const kept = [...common].filter((_, index) => index < from % 60 || index > (from % 60) + (count % 20));
    return [new Map([...common, ...a]), new Map([...kept, ...b])] as const;
  });

it('diffSnapshots finds added, removed and changed entries', () => {
  const before = new Map([
    ['env.A', '1'],
    ['env.B', '2'],
    ['modules.x', 'v1.0.0 h1:abc='],
    ['toolchain.version', '1.26.0'],
  ]);
  const after = new Map([
    ['env.A', '1'],
    ['env.B', '3'],
    ['env.C=', 'a\nb'],
    ['toolchain.version', '1.26.0'],
  ]);
  const diff = diffSnapshots(bytes(before), bytes(after));
  expect(diff.added).toEqual([{ key: 'env.C=', new: 'a\nb' }]);
  expect(diff.removed).toEqual([{ key: 'modules.x', old: 'v1.0.0 h1:abc=' }]);
  expect(diff.changed).toEqual([{ key: 'env.B', old: '2', new: '3' }]);
  expect(diff.union).toBe(5);
  expect(diff.unions).toEqual({ toolchain: 1, env: 3, modules: 1, cache: 0, tools: 0, context: 0 });
});

describe('diffSnapshots and diffEntries', () => {
  it('agree', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        expect(diffSnapshots(bytes(a), bytes(b))).toEqual(diffEntries(a, b));
      }),
      { numRuns: 2000 },
    );
  });

  it('agree on long equal stretches with a change anywhere', () => {
    const large = new Map(
      Array.from({ length: 3000 }, (_, i) => [
        `modules.example.com/m${i}`,
        `v1.${i}.0 h1:${'x'.repeat(i % 60)}`,
      ]),
    );
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(2999), fc.constantFrom('remove', 'change', 'add')), { maxLength: 12 }),
        (edits) => {
          const edited = new Map(large);
          for (const [index, edit] of edits) {
            const name = `modules.example.com/m${index}`;
            if (edit === 'remove') edited.delete(name);
            else edited.set(edit === 'add' ? `${name}/v2` : name, 'v9');
          }
          expect(diffSnapshots(bytes(large), bytes(edited))).toEqual(diffEntries(large, edited));
        },
      ),
      { numRuns: 60 },
    );
  });

  it('find no difference of a snapshot from itself, and swap added and removed in the reverse direction', () => {
    fc.assert(
      fc.property(pair, ([a, b]) => {
        const same = diffSnapshots(bytes(a), bytes(a));
        expect([same.added, same.removed, same.changed, same.union]).toEqual([[], [], [], a.size]);
        const forth = diffSnapshots(bytes(a), bytes(b));
        const back = diffSnapshots(bytes(b), bytes(a));
        expect(forth.added.map((one) => one.key)).toEqual(back.removed.map((one) => one.key));
        expect(forth.changed.map((one) => one.key)).toEqual(back.changed.map((one) => one.key));
        expect(forth.union).toBe(back.union);
      }),
    );
  });
});

it('diffSnapshots accepts bodies without a header, and terminates on any bytes', () => {
  const body = (entries: ReadonlyMap<string, string>) => Buffer.from(formatBody(entries));
  fc.assert(
    fc.property(pair, ([a, b]) => void expect(diffSnapshots(body(a), bytes(b))).toEqual(diffEntries(a, b))),
  );
  const noise = fc
    .uint8Array({ maxLength: 80 })
    .map((tail) => new Uint8Array(Buffer.concat([bytes(new Map()), tail])));
  fc.assert(fc.property(noise, noise, (a, b) => void diffSnapshots(a, b)));
  expect(diffSnapshots(Buffer.from('#SNAPSHOT'), new Uint8Array()).union).toBe(0);
});
