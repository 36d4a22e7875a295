import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('modules-off', () => {
  it.each([
    [{ GO111MODULE: 'off' }, 1],
    [{ GO111MODULE: 'auto' }, 0],
  ] as const)('%j gives %i findings', (values, count) => {
    expect(found('modules-off', { process: values })).toHaveLength(count);
  });
});
