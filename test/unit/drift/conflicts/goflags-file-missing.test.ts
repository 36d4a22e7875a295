import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('goflags-file-missing', () => {
  it('names each file, and the setting that names it', () => {
    const process = { GOFLAGS: '-overlay=/gone.json' };
    const goflagsMissing = [{ flag: 'overlay', path: '/gone.json' }];
    expect(
      found('goflags-file-missing', { process, env: { ...worldOf({ process }).env, goflagsMissing } }),
    ).toMatchObject([
      { level: 'major', key: 'env.GOFLAGS', repair: 'unset GOFLAGS, or bring back /gone.json' },
    ]);
    expect(found('goflags-file-missing', { process })).toEqual([]);
  });
});
