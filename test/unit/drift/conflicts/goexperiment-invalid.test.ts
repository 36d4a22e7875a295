import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goexperiment-invalid', () => {
  it.each([
    [{ GOEXPERIMENT: 'nojsonv2,none' }, 0],
    [{ GOEXPERIMENT: 'jsonv2,rangefunc' }, 1],
  ] as const)('%j: %i', (values, count) => {
    expect(found('goexperiment-invalid', { process: values })).toHaveLength(count);
  });
});
