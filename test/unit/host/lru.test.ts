import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { countRefusal, refusals } from '../../../src/host/counted-fs.ts';
import { LruCache, readCache } from '../../../src/host/lru.ts';

describe('the LRU cache', () => {
  it('evicts the least recently used value', () => {
    const cache = new LruCache<number>(2);
    cache.set('a', 1);
    cache.set('b', 2);
    expect(cache.get('a')).toBe(1);
    cache.set('c', 3);
    expect([cache.has('a'), cache.has('b'), cache.has('c')]).toEqual([true, false, true]);
  });

  it('keeps undefined as a value', () => {
    const cache = new LruCache<string | undefined>(1);
    let made = 0;
    const make = () => {
      made++;
      return undefined;
    };
    expect([cache.getOrMake('none', make), cache.getOrMake('none', make)]).toEqual([undefined, undefined]);
    expect(made).toBe(1);
  });

  it('caches nothing if making the value throws', () => {
    const cache = new LruCache<number>(1);
    const fail = () => {
      throw new Error('no such file');
    };
    expect(() => cache.getOrMake('a', fail)).toThrow('no such file');
    expect(cache.getOrMake('a', () => 1)).toBe(1);
  });

  it('behaves like a list in which used keys move to the end', () => {
    const key = fc.constantFrom('a', 'b', 'c', 'd', 'e');
    const step = fc.oneof(
      fc.record({ kind: fc.constant('set'), key }),
      fc.record({ kind: fc.constant('get'), key }),
      fc.record({ kind: fc.constant('delete'), key }),
    );
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.array(step), (limit, steps) => {
        const cache = new LruCache<string>(limit);
        let model: string[] = [];
        for (const { kind, key } of steps) {
          const others = model.filter((one) => one !== key);
          if (kind === 'set') {
            cache.set(key, key);
            model = [...others, key].slice(-limit);
          } else if (kind === 'delete') {
            cache.delete(key);
            model = others;
          } else {
            expect(cache.get(key)).toBe(model.includes(key) ? key : undefined);
            if (model.includes(key)) model = [...others, key];
          }
        }
        for (const one of ['a', 'b', 'c', 'd', 'e']) expect(cache.has(one)).toBe(model.includes(one));
      }),
    );
  });
});

it('a value read during a system error is read again afterwards', () => {
  const cache = readCache<string>(10);
  let open = false;
  const read = () => {
    const why = refusals();
    const value = cache.getOrMake('file and stamp', () => {
      if (!open) countRefusal({ code: 'EMFILE' });
      return open ? 'a program' : 'cannot be read';
    });
    return { value, refused: why() !== undefined };
  };
  expect(read()).toEqual({ value: 'cannot be read', refused: true });
  open = true;
  expect(read()).toEqual({ value: 'a program', refused: false });
  open = false;
  expect(read()).toEqual({ value: 'a program', refused: false });
});
