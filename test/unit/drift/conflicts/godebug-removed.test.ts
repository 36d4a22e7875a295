import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('godebug-removed', () => {
  it.each([
    [{ GODEBUG: 'tls3des=1' }, 1],
    [{ GODEBUG: 'tls3des=1,tls3des=0' }, 0],
    [{ GODEBUG: 'gctrace=1' }, 0],
  ] as const)('%j: %i', (values, count) => {
    expect(found('godebug-removed', { process: values })).toHaveLength(count);
  });
});
