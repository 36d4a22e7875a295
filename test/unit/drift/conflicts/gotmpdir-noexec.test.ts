import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('gotmpdir-noexec', () => {
  const told = (name: 'GOTMPDIR' | 'TMPDIR' | '', path: string, usable = true) => {
    const process = name === '' ? {} : { [name]: path };
    const temporary = name === '' ? {} : { temporary: { name, path, exists: true, usable } };
    return found('gotmpdir-noexec', {
      process,
      env: { ...worldOf({ process }).env, ...temporary, noexec: { name, path } },
    });
  };

  it.each([
    ['GOTMPDIR', 'GOTMPDIR=/hard', 'env.GOTMPDIR'],
    ['TMPDIR', 'TMPDIR=/hard', 'env.TMPDIR'],
    ['', '/hard', 'env.GOTMPDIR'],
  ] as const)('names what leads there: %j', (name, words, key) => {
    expect(told(name, '/hard')).toMatchObject([
      { level: 'minor', key, summary: expect.stringContaining(`${words} is mounted noexec`) },
    ]);
  });

  it('leaves a directory that cannot be written to gotmpdir-missing, and is silent elsewhere', () => {
    expect(told('GOTMPDIR', '/hard', false)).toEqual([]);
    expect(found('gotmpdir-noexec', {})).toEqual([]);
  });
});
