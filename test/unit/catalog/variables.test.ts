import { describe, expect, test } from 'vitest';
import { variable, variables } from '../../../src/catalog/variables.ts';
import { goVariableNames, resolveVariables } from '../../../src/go/getenv.ts';
import { parseGoenv } from '../../../src/go/goenv.ts';

describe('the catalogue of variables', () => {
  test('has one row per name, with a valid weight', () => {
    expect(new Set(variables.map((row) => row.name)).size).toBe(variables.length);
    for (const row of variables) {
      expect(row.weight, row.name).toBeGreaterThanOrEqual(0);
      expect(row.weight, row.name).toBeLessThanOrEqual(1);
      expect(row.entry, row.name).toBe(row.weight > 0);
    }
    expect(variable('GOOS')).toMatchObject({ weight: 1, level: 'major' });
    expect(variable('GOFLAGS')).toMatchObject({ weight: 0.5, level: 'minor', secret: 'linker-values' });
    expect(variable('nope')).toBeUndefined();
  });

  test('exports neither secrets nor paths', () => {
    for (const row of variables.filter((each) => each.exported)) {
      expect([row.name, row.secret, row.path]).toEqual([row.name, 'none', undefined]);
    }
  });

  test('lists exactly the variables that resolveVariables resolves', () => {
    const resolvable = variables.filter((row) => row.name !== 'GOGCCFLAGS').map((row) => row.name);
    expect([...goVariableNames].sort()).toEqual(resolvable.sort());
  });

  test('agrees with resolveVariables about the variables that GOENV can set', () => {
    const text = variables.map((row) => `${row.name}=/set/in/goenv`).join('\n');
    const facts = {
      version: '1.27.0',
      os: 'linux',
      arch: 'amd64',
      goroot: '/go',
      home: '/home/u',
      lookPath: () => undefined,
    };
    const goenv = { path: '/env', file: parseGoenv(new TextEncoder().encode(text)) };
    const resolved = resolveVariables({ process: new Map(), goenv, facts });
    for (const [name, { origin }] of resolved) {
      const row = variable(name);
      const reads = !row?.processOnly && (row?.entry ?? false);
      // CGO_ENABLED accepts only 0 and 1.
      if (name !== 'CGO_ENABLED') expect([name, origin.kind === 'goenv']).toEqual([name, reads]);
      if (row?.goenvWritable) expect(row.entry, name).toBe(true);
    }
    const old = resolveVariables({ process: new Map(), goenv, facts: { ...facts, version: '1.21.13' } });
    for (const row of variables.filter((each) => each.since))
      expect(old.get(row.name)?.value, row.name).toBe('');
  });
});
