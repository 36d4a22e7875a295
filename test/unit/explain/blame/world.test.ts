import { describe, expect, it } from 'vitest';
import type { Atom, Change } from '../../../../src/explain/blame/atom.ts';
import { withoutLines, worldWithout } from '../../../../src/explain/blame/world.ts';

const atom = (...changes: readonly Change[]): Atom => ({
  id: 'x',
  facet: 'env',
  key: 'env.X',
  kind: 'difference',
  title: 'X',
  likelihood: 1,
  changes,
  repair: '',
});
const bytes = (text: string) => new TextEncoder().encode(text);
const text = (value: Uint8Array) => new TextDecoder().decode(value);

describe('worldWithout', () => {
  const env = new Map([
    ['PATH', '/usr/bin'],
    ['GOFLAGS', '-mod=vendor'],
  ]);

  it('restores variables of the process and PATH', () => {
    const world = worldWithout(env, [
      atom({ do: 'process', name: 'GOFLAGS' }, { do: 'process', name: 'CC', value: 'gcc' }),
      atom({ do: 'path', directory: '/sdk/bin' }),
    ]);
    expect(Object.fromEntries(world.env)).toEqual({ PATH: '/sdk/bin:/usr/bin', CC: 'gcc' });
    expect(env.get('GOFLAGS')).toBe('-mod=vendor');
  });

  it('restores several variables in one file with one write, and keeps the others', () => {
    const settings = (name: string): Change => ({
      do: 'settings',
      path: '/e',
      name,
      was: bytes('A=1\nB=1\n'),
      now: bytes('A=2\nB=2\nC=2\n'),
      mode: 0o600,
    });
    const written = (...names: readonly string[]) => {
      const [first, ...more] = worldWithout(
        env,
        names.map((name) => atom(settings(name))),
      ).operations;
      expect(more).toEqual([]);
      return first?.do === 'write' ? text(first.bytes) : undefined;
    };
    expect(written('A')).toBe('A=1\nB=2\nC=2\n');
    expect(written('A', 'C')).toBe('A=1\nB=2\n');
    expect(written('A', 'B', 'C')).toBe('A=1\nB=1\n');
  });

  it('removes a file that did not exist before, once all of its lines are removed', () => {
    const line = (name: string): Change => ({
      do: 'settings',
      path: '/e',
      name,
      now: bytes('A=2\nB=2\n'),
      mode: 0o600,
    });
    expect(worldWithout(env, [atom(line('A')), atom(line('B'))]).operations).toEqual([
      { do: 'remove', path: '/e' },
    ]);
    expect(worldWithout(env, [atom(line('A'))]).operations).toMatchObject([{ do: 'write' }]);
  });

  it('appends a flag to the GOFLAGS of the world', () => {
    const flag: Change = {
      do: 'flag',
      flag: '-buildvcs=false',
      goenv: '/e',
      now: bytes('GOFLAGS=-mod=mend\n'),
      otherwise: '-v',
    };
    const restored: Change = {
      do: 'settings',
      path: '/e',
      name: 'GOFLAGS',
      was: bytes('GOFLAGS=-trimpath\n'),
      now: bytes('GOFLAGS=-mod=mend\n'),
      mode: 0o600,
    };
    const flags = (present: ReadonlyMap<string, string>, ...changes: readonly Change[]) =>
      worldWithout(present, [atom(...changes)]).env.get('GOFLAGS');
    expect(flags(env, flag)).toBe('-mod=vendor -buildvcs=false');
    expect(flags(new Map(), flag)).toBe('-mod=mend -buildvcs=false');
    expect(flags(new Map(), flag, restored)).toBe('-trimpath -buildvcs=false');
    expect(flags(new Map(), { ...flag, now: bytes('') })).toBe('-v -buildvcs=false');
  });

  it('runs commands after all files are restored', () => {
    const order = worldWithout(env, [
      atom({ do: 'command', argv: ['go', 'mod', 'tidy'] }),
      atom({ do: 'write', path: '/go.mod', bytes: bytes('module x\n'), mode: 0o644 }),
      atom({ do: 'remove', path: '/go.work' }),
    ]).operations.map((operation) => operation.do);
    expect(order).toEqual(['remove', 'write', 'command']);
  });
});

describe('withoutLines', () => {
  it('removes the given lines only', () => {
    expect(text(withoutLines(bytes('a\nb\nc'), new Set([2])))).toBe('a\nc');
    expect(text(withoutLines(bytes('a\nb\nc'), new Set([3, 9])))).toBe('a\nb\n');
    expect(text(withoutLines(bytes(''), new Set([1])))).toBe('');
  });
});
