import { describe, expect, it } from 'vitest';
import { findConflicts } from '../../../../src/drift/conflicts/index.ts';
import type { CachePlace } from '../../../../src/drift/facets/cache.ts';
import { cacheOf, foundIn } from './cache-facts.ts';
import { worldOf } from './world.ts';

const findingsFor = (place: CachePlace) => foundIn('cache-unwritable', cacheOf({}, { place }));

describe('cache-unwritable', () => {
  it.each([
    ['dangling', /failed to initialize/, /^mkdir -p/],
    ['not-directory', /failed to initialize/, /^mv /],
    ['denied', /permission denied/, /^sudo chown -R 1000/],
    ['read-only', /read-only file system/, /set GOCACHE/],
    ['full', /no space left/, /free space/],
  ] as const)(
    'states the effect and the repair for a cache directory with state %s',
    (state, effect, repair) => {
      const [finding] = findingsFor({ state, why: 'it is so' });
      expect(finding).toMatchObject({ level: 'major', key: 'cache.unwritable', actual: state });
      expect(finding?.summary).toMatch(/^it is so: /);
      expect(finding?.summary).toMatch(effect);
      expect(finding?.repair).toMatch(repair);
    },
  );

  it.each([
    ['mode', 'chmod u+rwx /home/u/.cache/go-build'],
    ['above', 'let uid 1000 enter the directories above /home/u/.cache/go-build (chmod +x)'],
    ['absent', 'sudo mkdir -p /home/u/.cache/go-build && sudo chown 1000 /home/u/.cache/go-build'],
  ] as const)('has a repair that fits a denial by %s', (barred, repair) => {
    expect(findingsFor({ state: 'denied', why: 'it is so', barred })[0]?.repair).toBe(repair);
  });

  it('suggests a separate cache if another user owns this one', () => {
    const [finding] = findingsFor({ state: 'denied', why: 'it is so', owner: 33 });
    expect(finding?.repair).toBe("set GOCACHE to a directory of uid 1000's own: uid 33 uses this one");
    expect(findingsFor({ state: 'denied', why: 'it is so', owner: 0 })[0]?.repair).toMatch(/^sudo chown/);
  });

  it('suggests unsetting a GOCACHE that names a file, instead of moving the file', () => {
    const cache = cacheOf({}, { path: '/dev/null', place: { state: 'not-directory', why: 'it is so' } });
    const world = worldOf({ process: { GOCACHE: '/dev/null' } });
    const [finding] = findConflicts({ ...world, cache }).filter(({ rule }) => rule === 'cache-unwritable');
    expect(finding?.repair).toBe('unset GOCACHE');
  });

  it('is silent for a cache that go can use or create', () => {
    expect(findingsFor({ state: 'usable' })).toEqual([]);
    expect(findingsFor({ state: 'absent' })).toEqual([]);
    expect(findingsFor({ state: 'external', program: 'remote' })).toEqual([]);
  });

  it('leaves GOCACHE=off to env-invalid', () => {
    expect(findingsFor({ state: 'off', why: 'GOCACHE is off' })).toEqual([]);
  });
});
