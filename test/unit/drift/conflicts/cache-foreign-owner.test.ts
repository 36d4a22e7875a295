import { describe, expect, it } from 'vitest';
import { cacheOf, foundIn } from './cache-facts.ts';

describe('cache-foreign-owner', () => {
  it('names the owner, and the repair gives the entries to the user who builds', () => {
    const [finding] = foundIn(
      'cache-foreign-owner',
      cacheOf({ foreignCount: 7, foreignUids: [0], foreignExample: '/home/u/.cache/go-build/aa' }),
    );
    expect(finding).toMatchObject({ level: 'minor', actual: 'uid 0' });
    expect(finding?.summary).toMatch(/^7 entries .*uid 1000.*go-build\/aa\)$/);
    expect(finding?.repair).toBe('sudo chown -R 1000 /home/u/.cache/go-build');
  });

  it('suggests a separate cache if another user builds with this one', () => {
    const [finding] = foundIn('cache-foreign-owner', cacheOf({ foreignCount: 2, foreignUids: [0, 33] }));
    expect(finding?.actual).toBe('uid 0, uid 33');
    expect(finding?.repair).toBe("set GOCACHE to a directory of uid 1000's own: uid 0, uid 33 use this one");
  });

  it('is silent if the user owns all entries', () => {
    expect(foundIn('cache-foreign-owner', cacheOf({}))).toEqual([]);
  });
});
