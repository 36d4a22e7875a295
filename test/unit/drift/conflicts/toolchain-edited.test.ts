import { describe, expect, it } from 'vitest';
import { found, sdk } from './world.ts';

describe('toolchain-edited', () => {
  it('reports a tree whose hash differs from that of its zip', () => {
    const [finding] = found('toolchain-edited', { local: { edited: { expected: 'h1:a', actual: 'h1:b' } } });
    expect(finding).toMatchObject({
      level: 'major',
      key: 'toolchain.digest',
      expected: 'h1:a',
      actual: 'h1:b',
    });
    expect(finding?.repair).toContain(`rm -rf '${sdk}'`);
    expect(found('toolchain-edited', {})).toEqual([]);
  });
});
