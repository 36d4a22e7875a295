import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goroot-label', () => {
  it('compares VERSION only in the tree of the go binary', () => {
    expect(found('goroot-label', { local: { label: '1.25.0' } })).toMatchObject([
      {
        level: 'patch',
        expected: '1.26.0',
        actual: '1.25.0',
        origin: { path: '/usr/local/go/VERSION', line: 1 },
      },
    ]);
    expect(found('goroot-label', { local: { label: '1.25.0', goroot: '/other' } })).toEqual([]);
    expect(found('goroot-label', {})).toEqual([]);
  });
});
