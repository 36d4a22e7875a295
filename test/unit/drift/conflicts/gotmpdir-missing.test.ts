import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('gotmpdir-missing', () => {
  const process = { GOTMPDIR: '/gone now' };
  const findingsFor = (name: 'GOTMPDIR' | 'TMPDIR', exists: boolean, usable = false) =>
    found('gotmpdir-missing', {
      process,
      env: { ...worldOf({ process }).env, temporary: { name, path: '/gone now', exists, usable } },
    });

  it.each([
    ['GOTMPDIR', false, "mkdir -p '/gone now', or unset GOTMPDIR"],
    ['GOTMPDIR', true, 'unset GOTMPDIR'],
    ['TMPDIR', false, "mkdir -p '/gone now', or unset TMPDIR"],
  ] as const)('reports an unusable %s (exists: %s)', (name, exists, repair) => {
    expect(findingsFor(name, exists)).toMatchObject([{ level: 'major', key: `env.${name}`, repair }]);
  });

  it('is silent about a usable directory', () => {
    expect(findingsFor('TMPDIR', true, true)).toEqual([]);
    expect(found('gotmpdir-missing', {})).toEqual([]);
  });
});
