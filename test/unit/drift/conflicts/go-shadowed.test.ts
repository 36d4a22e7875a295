import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('go-shadowed', () => {
  const candidate = (directory: string, version?: string) => ({
    path: `${directory}/go`,
    realPath: `${directory}/go`,
    ...(version === undefined ? { problem: 'is a script' } : { version }),
  });
  it.each([
    ['reports an older go before a newer one', [candidate('/a', '1.26.0'), candidate('/b', '1.27.4')], 1],
    [
      'is silent for a newer go before an older one',
      [candidate('/a', '1.27.4'), candidate('/b', '1.26.0')],
      0,
    ],
    ['is silent for the same version twice', [candidate('/a', '1.26.0'), candidate('/b', '1.26.0')], 0],
    ['is silent without a second Go program', [candidate('/a', '1.26.0'), candidate('/b')], 0],
    [
      'is silent for a newer go in an incomplete tree',
      [candidate('/a', '1.26.0'), { ...candidate('/b', '1.27.4'), incomplete: 'there is no src/fmt' }],
      0,
    ],
    [
      'is silent for a link to the same go',
      [candidate('/a', '1.26.0'), { ...candidate('/b', '1.27.4'), realPath: '/a/go' }],
      0,
    ],
  ] as const)('%s', (_, candidates, count) => {
    expect(found('go-shadowed', { toolchain: { candidates } })).toHaveLength(count);
  });
});
