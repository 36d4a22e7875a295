import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('goenv-ignored', () => {
  it('reports only lines that have no effect', () => {
    const lines = [
      { line: 1, name: 'GOPRIVATE', value: 'a.example.com' },
      { line: 2, name: 'CGO_WHATEVER', value: 'x' },
      { line: 3, name: 'GOFLAG', value: 'x' },
      { line: 4, name: 'GODEBUG', value: 'x=1' },
    ];
    const file = {
      path: '/env',
      state: 'read',
      lines,
      ignored: [{ line: 5, why: 'no equals sign' }],
    } as const;
    const findingsFor = (values: Readonly<Record<string, string>>) =>
      found('goenv-ignored', {
        env: { goenv: file, variables: worldOf({ process: values }).env?.variables ?? new Map() },
      });
    expect(findingsFor({ GOPRIVATE: 'a.example.com' }).map(({ origin }) => origin?.line)).toEqual([5, 3, 4]);
    expect(findingsFor({ GOPRIVATE: 'b.example.com' }).map(({ origin }) => origin?.line)).toEqual([
      5, 1, 3, 4,
    ]);
  });

  it('compares the written values, not those that go replaces them by', () => {
    const lines = [{ line: 1, name: 'GOCACHE', value: 'rel' }];
    const file = { path: '/env', state: 'read', lines, ignored: [] } as const;
    const variables = new Map(worldOf().env?.variables);
    const findingsFor = (written: string) => {
      const origin = { kind: 'process' } as const;
      variables.set('GOCACHE', { name: 'GOCACHE', value: 'off', written, origin, shadows: [] });
      return found('goenv-ignored', { env: { goenv: file, variables } });
    };
    expect(findingsFor('rel')).toEqual([]);
    expect(findingsFor('other')).toMatchObject([{ actual: 'other', expected: 'rel' }]);
  });

  it('reports the first 40 of many lines, and the number of the others', () => {
    const lines = Array.from({ length: 4096 }, (_, line) => ({ line: line + 1, name: 'A', value: '' }));
    const ignored = lines.map(({ line }) => ({ line, why: 'no equals sign' }));
    const file = { path: '/env', state: 'read', lines, ignored } as const;
    const findings = found('goenv-ignored', { env: { ...worldOf({}).env, goenv: file } });
    expect(findings).toHaveLength(41);
    expect(findings.at(-1)?.summary).toBe('8152 more lines of /env have no effect');
  });

  it('reports an unreadable file', () => {
    const file = {
      path: '/env',
      state: 'unreadable',
      problem: 'permission denied',
      lines: [],
      ignored: [],
    } as const;
    const findingsFor = (process: Readonly<Record<string, string>>) =>
      found('goenv-ignored', { process, env: { ...worldOf({ process }).env, goenv: file } });
    expect(findingsFor({})).toMatchObject([{ repair: 'make /env a file that the user may read' }]);
    expect(findingsFor({ GOENV: '/env' })).toMatchObject([{ repair: 'unset GOENV' }]);
  });
});
