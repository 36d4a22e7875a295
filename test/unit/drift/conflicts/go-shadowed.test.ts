import { describe, expect, it } from 'vitest';
import { found } from './world.ts';

describe('go-shadowed', () => {
  const candidate = (directory: string, version?: string) => ({
    path: `${directory}/go`,
    realPath: `${directory}/go`,
    ...(version === undefined ? { problem: 'is a script' } : { version }),
  });
  it.each([
    ['an older go first', [candidate('/a', '1.26.0'), candidate('/b', '1.27.4')], 1],
    ['a newer go first', [candidate('/a', '1.27.4'), candidate('/b', '1.26.0')], 0],
    ['the same version twice', [candidate('/a', '1.26.0'), candidate('/b', '1.26.0')], 0],
    ['no other go program', [candidate('/a', '1.26.0'), candidate('/b')], 0],
    [
      'an incomplete newer tree second',
      [candidate('/a', '1.26.0'), { ...candidate('/b', '1.27.4'), incomplete: 'there is no src/fmt' }],
      0,
    ],
    [
      'a link to the same go',
      [candidate('/a', '1.26.0'), { ...candidate('/b', '1.27.4'), realPath: '/a/go' }],
      0,
    ],
  ] as const)('gives the right number of findings with %s', (_, candidates, count) => {
    expect(found('go-shadowed', { toolchain: { candidates } })).toHaveLength(count);
  });
});
