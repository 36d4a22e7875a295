import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goexperiment-invalid', () => {
  it.each([
    [{ GOEXPERIMENT: 'nojsonv2,none' }, 0],
    [{ GOEXPERIMENT: 'jsonv2,rangefunc' }, 1],
  ] as const)('%j gives %i findings', (values, count) => {
    expect(found('goexperiment-invalid', { process: values })).toHaveLength(count);
  });

  it('quotes the message of go, which removes the prefix `no` before it looks up a name', () => {
    const [conflict] = found('goexperiment-invalid', { process: { GOEXPERIMENT: 'nope' } });
    expect(conflict?.summary).toContain('"unknown GOEXPERIMENT pe"');
  });
});
