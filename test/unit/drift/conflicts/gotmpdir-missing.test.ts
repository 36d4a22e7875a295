import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('gotmpdir-missing', () => {
  it('holds of a directory that cannot be used', () => {
    const process = { GOTMPDIR: '/gone' };
    const env = (gotmpdirUsable: boolean) => ({
      process,
      env: { ...worldOf({ process }).env, gotmpdirUsable },
    });
    expect(found('gotmpdir-missing', env(false))).toMatchObject([
      { level: 'major', repair: 'mkdir -p /gone, or unset GOTMPDIR' },
    ]);
    expect(found('gotmpdir-missing', env(true))).toEqual([]);
  });
});
