import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goflags-rewrites-gomod', () => {
  it.each([
    [{ GOFLAGS: '-mod=mod' }, 1],
    [{ GOFLAGS: '-mod=mod -mod=readonly' }, 0],
  ] as const)('%j gives %i findings', (values, count) => {
    expect(found('goflags-rewrites-gomod', { process: values })).toHaveLength(count);
  });
});
