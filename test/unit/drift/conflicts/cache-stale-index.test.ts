import { describe, expect, it } from 'vitest';
import { cacheOf, foundIn } from './cache-facts.ts';

const stale = { folder: '/src/app/p', file: 'a.go', indexed: 'example.com/b', actual: 'example.com/a' };

describe('cache-stale-index', () => {
  it('names the stale and the missing imports of the index, and the repair touches the file', () => {
    const [finding] = foundIn('cache-stale-index', cacheOf({}, { staleIndexes: [stale] }));
    expect(finding).toMatchObject({ level: 'patch', origin: { kind: 'file', path: '/src/app/p/a.go' } });
    expect(finding?.summary).toContain('it still has example.com/b, it lacks example.com/a');
    expect(finding?.repair).toBe('touch /src/app/p/a.go');
  });

  it('omits the missing imports if there are none', () => {
    const [finding] = foundIn('cache-stale-index', cacheOf({}, { staleIndexes: [{ ...stale, actual: '' }] }));
    expect(finding?.summary).not.toContain('it lacks');
    expect(foundIn('cache-stale-index', cacheOf({}))).toEqual([]);
  });
});
