import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('goflags-unknown', () => {
  it.each([
    [{ GOFLAGS: '-mod=vendor -tags=a' }, 0],
    [{ GOFLAGS: '-nosuch' }, 1],
    [{ GOFLAGS: 'tags' }, 1],
    [{ GOFLAGS: "'-tags" }, 1],
    [{ GOFLAGS: '-C=/tmp' }, 1],
    [{ GOFLAGS: '-mod=mod' }, 0],
    [{ GOFLAGS: '-mod=junk' }, 1],
  ] as const)('%j: %i', (values, count) => {
    expect(found('goflags-unknown', { process: values })).toHaveLength(count);
  });
});
