import { describe, expect, it } from 'vitest';
import { found, processOrigin } from './world.ts';

describe('goroot-not-sdk', () => {
  it.each([
    [{ exists: false, pkgTool: false, src: false }, 'does not exist'],
    [{ exists: true, pkgTool: false, src: true }, 'has no pkg/tool'],
    [{ exists: true, pkgTool: true, src: false }, 'has no src'],
  ])('reports a tree with %j: %s', (gorootParts, words) => {
    const [set] = found('goroot-not-sdk', {
      process: { GOROOT: '/r' },
      local: { goroot: '/r', gorootOrigin: processOrigin, gorootParts },
    });
    expect(set).toMatchObject({
      summary: expect.stringContaining(`GOROOT=/r ${words}`),
      repair: 'unset GOROOT',
    });
    expect(found('goroot-not-sdk', { local: { gorootParts } })[0]?.repair).toBe('unpack go1.26.0 again');
  });

  it('reports a go binary outside of any tree', () => {
    const lone = { goroot: '', ownGoroot: '', gorootParts: { exists: false, pkgTool: false, src: false } };
    expect(found('goroot-not-sdk', { local: lone })[0]?.summary).toContain('lies in no Go tree');
  });
});
