/** The rules for generations of a build cache. Pure. */
import { describe, expect, it } from 'vitest';
import type { CacheUser } from '../../../src/host/cache-users.ts';
import { usersText, whyKept, whyNotAdopt, whyNotSwap } from '../../../src/undo/generations.ts';

const user = (pid: number, by: CacheUser['by'] = 'environment'): CacheUser => ({
  pid,
  program: '/usr/lib/go/bin/go',
  by,
  builds: true,
});
const hour = 3_600_000;
const old = { name: 'g1', isCurrent: false, left: 0, users: [] };

describe('a swap', () => {
  it('is refused while builds run and entries are missing', () => {
    expect(whyNotSwap({ unsound: 0, unwanted: 0 }, [user(7)])).toBeUndefined();
    expect(whyNotSwap({ unsound: 2, unwanted: 1 }, [])).toBeUndefined();
    expect(whyNotSwap({ unsound: 2, unwanted: 1 }, [user(7)])).toMatch(/^3 entries .*go \(pid 7\)$/);
  });
});

describe('a directory', () => {
  it('is adopted only while no build runs', () => {
    expect(whyNotAdopt([])).toBeUndefined();
    expect(whyNotAdopt([user(7, 'unseen')])).toContain('go (pid 7, which cannot be inspected)');
  });
});

describe('a generation', () => {
  it('may be deleted only when it is old and unused and GOCACHE leads elsewhere', () => {
    expect(whyKept(old, hour, hour)).toBeUndefined();
    expect(whyKept({ ...old, isCurrent: true }, 9 * hour, hour)).toBe('it is the current one');
    expect(whyKept({ ...old, users: [user(7)] }, 9 * hour, hour)).toContain('in use: go (pid 7)');
    expect(whyKept(old, hour - 1, hour)).toBe('it was left recently: 1 min remain');
    expect(whyKept({ ...old, made: 0 }, hour - 1, hour)).toBe('it was made recently: 1 min remain');
    expect(whyKept({ name: 'g1', isCurrent: false, users: [] }, 9 * hour, 0)).toContain('not known');
    // A clock that was set back makes nothing older.
    expect(whyKept({ ...old, left: 9 * hour }, hour, hour)).toContain('540 min');
  });

  it('names some of many users', () => {
    expect(usersText([1, 2, 3, 4, 5].map((pid) => user(pid)))).toBe(
      'go (pid 1), go (pid 2), go (pid 3), 2 more',
    );
  });
});
