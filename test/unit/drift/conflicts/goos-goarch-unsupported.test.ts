import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goos-goarch-unsupported', () => {
  it.each([
    [{ GOARCH: 'arm' }, 1],
    [{ GOARCH: 'arm64' }, 0],
  ] as const)('%j gives %i findings', (values, count) => {
    expect(found('goos-goarch-unsupported', { process: values })).toHaveLength(count);
  });
});
