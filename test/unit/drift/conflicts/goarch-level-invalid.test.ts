import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goarch-level-invalid', () => {
  it.each([
    ['process', { GOARM64: 'v99' }, ['major']],
    ['goenv', { GOARM64: 'v99' }, []],
    ['goenv', { GOARCH: 'arm64', GOARM64: 'v99' }, ['major']],
    ['process', { GOARCH: 'arm64', GOARM64: 'v9.0,lse' }, []],
    ['process', { GOAMD64: 'v9' }, ['minor']],
    ['process', { GOARCH: 'arm64', GOAMD64: 'v9' }, []],
    ['process', { GO386: '387' }, []],
    ['goenv', { GOARCH: '386', GO386: '387' }, ['major']],
    ['process', { GOARM: '99' }, []],
  ] as const)('%s %j gives the levels %j', (where, values, levels) => {
    expect(found('goarch-level-invalid', { [where]: values }).map(({ level }) => level)).toEqual(levels);
  });
});
