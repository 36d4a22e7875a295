import { describe, expect, it } from 'vitest';
import { found, processOrigin, sdk } from './world.ts';

describe('gopath-is-goroot', () => {
  it.each([
    [{ GOPATH: `/a:${sdk}/` }, 1],
    [{ GOPATH: `${sdk}-work` }, 0],
  ])('%j gives %i findings', (values, count) => {
    expect(found('gopath-is-goroot', { process: values })).toHaveLength(count);
  });

  it('ignores a GOROOT that is no Go tree', () => {
    const parts = {
      goroot: '/home/u',
      gorootOrigin: processOrigin,
      gorootParts: { exists: true, pkgTool: false, src: true },
    };
    expect(found('gopath-is-goroot', { local: parts })).toEqual([]);
  });

  it('suggests moving a Go tree out of the default GOPATH', () => {
    const tree = { goroot: '/home/u/go', ownGoroot: '/home/u/go' };
    expect(found('gopath-is-goroot', { local: tree })[0]?.repair).toMatch(
      /^move the tree \/home\/u\/go elsewhere/,
    );
  });
});
