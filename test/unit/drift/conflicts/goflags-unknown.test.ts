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
    [{ GOFLAGS: '-mod' }, 1],
    [{ GOFLAGS: '-p=0' }, 1],
    [{ GOFLAGS: '-p=4 -buildvcs -buildvcs=auto -count=1 -buildmode=pie' }, 0],
    [{ GOFLAGS: '-buildmode=junk' }, 1],
    [{ GOFLAGS: '-modfile=x.txt' }, 1],
    [{ GOFLAGS: '-race', CGO_ENABLED: '0' }, 1],
    [{ GOFLAGS: '-race=false', CGO_ENABLED: '0' }, 0],
    [{ GOFLAGS: '-race', CGO_ENABLED: '1' }, 0],
    [{ GOFLAGS: '-race -asan' }, 1],
    [{ GOFLAGS: '-ldflags=w' }, 1],
    [{ GOFLAGS: "'-ldflags= w'" }, 1],
    [{ GOFLAGS: '-ldflags==-w' }, 1],
    [{ GOFLAGS: '-gcflags=all' }, 1],
    [{ GOFLAGS: '-gcflags=all=' }, 0],
    [{ GOFLAGS: "'-ldflags=-s -w' -gcflags=all=-N" }, 0],
    [{ GOFLAGS: '-ldflags=' }, 0],
    [{ GOFLAGS: '-race -covermode=set' }, 1],
    [{ GOFLAGS: '-race -covermode=atomic' }, 0],
    [{ GOFLAGS: '-race -buildmode=pie' }, 1],
    [{ GOFLAGS: '-buildmode=plugin', CGO_ENABLED: '0' }, 1],
    [{ GOFLAGS: '-buildmode=plugin', CGO_ENABLED: '1' }, 0],
    [{ GOFLAGS: '-buildmode=c-archive', CGO_ENABLED: '0' }, 0],
  ] as const)('%j gives %i findings', (values, count) => {
    expect(found('goflags-unknown', { process: values })).toHaveLength(count);
  });

  it('reports -modfile in workspace mode', () => {
    const findingsFor = (kind: 'go.mod' | 'go.work') =>
      found('goflags-unknown', {
        process: { GOFLAGS: '-modfile=tools.mod' },
        toolchain: { project: { kind, path: `/src/app/${kind}` } },
      });
    expect(findingsFor('go.work')).toMatchObject([{ summary: expect.stringContaining('in workspace mode') }]);
    expect(findingsFor('go.mod')).toEqual([]);
  });
});
