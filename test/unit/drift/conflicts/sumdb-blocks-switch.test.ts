import { describe, expect, it } from 'vitest';
import { found, goenvOrigin, select } from './world.ts';

describe('sumdb-blocks-switch', () => {
  it('names the blocking setting and its line', () => {
    const parts = select({
      outcome: 'forbidden',
      wanted: 'go1.27.0',
      error: 'go: checksum database disabled',
    });
    expect(found('sumdb-blocks-switch', { ...parts, goenv: { GOSUMDB: 'off' } })).toMatchObject([
      {
        level: 'major',
        origin: goenvOrigin,
        repair: expect.stringMatching(/^put go1\.27\.0 first on PATH, or remove line 3 \(GOSUMDB=…\)/),
      },
    ]);
    expect(found('sumdb-blocks-switch', { goenv: { GOSUMDB: 'off' } })).toEqual([]);
  });
});
