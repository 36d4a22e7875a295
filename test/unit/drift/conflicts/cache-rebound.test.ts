import { describe, expect, it } from 'vitest';
import { cacheOf, foundIn, id } from './cache-facts.ts';

const one = { action: id('a'), output: id('b'), kind: 'archive', size: 5, package: 'example.com/x' } as const;

describe('cache-rebound', () => {
  it('states the evidence', () => {
    const findingsFor = (part: object) =>
      foundIn(
        'cache-rebound',
        cacheOf({ reboundCount: 1, rebound: [{ ...one, proof: 'build-id', ...part }] }),
      );
    expect(findingsFor({})[0]).toMatchObject({ level: 'major', actual: id('b') });
    expect(findingsFor({})[0]?.summary).toContain('which another action made, as its build id says');
    expect(findingsFor({ proof: 'rewritten', recorded: id('c') })[0]).toMatchObject({ expected: id('c') });
    expect(findingsFor({ proof: 'rewritten', recorded: id('c') })[0]?.summary).toMatch(/led to c{16} before/);
  });

  it('is silent for an intact cache and for one that was not audited', () => {
    expect(foundIn('cache-rebound', cacheOf({}))).toEqual([]);
    const { content: _, ...unknown } = cacheOf({});
    expect(foundIn('cache-rebound', unknown)).toEqual([]);
  });
});
