import { describe, expect, it } from 'vitest';
import type { VariableFact } from '../../../../src/drift/model.ts';
import { found, processOrigin, worldOf } from './world.ts';

describe('env-ignored', () => {
  const told = (fact: Partial<VariableFact>) => {
    const variables = new Map(worldOf().env?.variables);
    variables.set('CGO_ENABLED', {
      name: 'CGO_ENABLED',
      value: '1',
      origin: { kind: 'default' },
      shadows: [],
      ...fact,
    });
    return found('env-ignored', { env: { variables } });
  };

  it('tells of a word that go takes for none', () => {
    expect(told({ shadows: [{ value: 'false', origin: processOrigin }] })).toMatchObject([
      { level: 'minor', expected: '1', actual: 'false', origin: processOrigin },
    ]);
  });

  it('is silent where the value counts or there is none', () => {
    expect(told({})).toEqual([]);
    expect(
      told({ value: '0', origin: processOrigin, shadows: [{ value: '1', origin: processOrigin }] }),
    ).toEqual([]);
  });
});
