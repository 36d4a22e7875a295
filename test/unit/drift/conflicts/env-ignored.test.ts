import { describe, expect, it } from 'vitest';
import type { VariableFact } from '../../../../src/drift/model.ts';
import { found, processOrigin, worldOf } from './world.ts';

describe('env-ignored', () => {
  const findingsFor = (fact: Partial<VariableFact>) => {
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

  it('reports a value that go ignores', () => {
    expect(findingsFor({ shadows: [{ value: 'false', origin: processOrigin }] })).toMatchObject([
      { level: 'minor', expected: '1', actual: 'false', origin: processOrigin },
    ]);
  });

  it('is silent if the value is effective or not set', () => {
    expect(findingsFor({})).toEqual([]);
    expect(
      findingsFor({ value: '0', origin: processOrigin, shadows: [{ value: '1', origin: processOrigin }] }),
    ).toEqual([]);
  });
});
