import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('gotmpdir-noexec', () => {
  const findingsFor = (name: 'GOTMPDIR' | 'TMPDIR' | '', path: string, usable = true) => {
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
  ] as const)('names the variable that sets the directory: %j', (name, words, key) => {
    expect(findingsFor(name, '/hard')).toMatchObject([
      { level: 'minor', key, summary: expect.stringContaining(`${words} is mounted noexec`) },
    ]);
  });

  it('leaves a directory that is not writable to gotmpdir-missing, and is silent without noexec', () => {
    expect(findingsFor('GOTMPDIR', '/hard', false)).toEqual([]);
    expect(found('gotmpdir-noexec', {})).toEqual([]);
  });
});
