import { describe, expect, it } from 'vitest';
import { found, worldOf } from './world.ts';

describe('sumdb-disabled', () => {
  it.each([
    [{ GOSUMDB: 'off' }, 1],
    [{ GOPRIVATE: 'github.com/corp/*,gitlab.com/corp' }, 0],
    [{ GONOSUMDB: 'corp.example.com, github.com' }, 1],
    [{ GOSUMDB: 'sum.example.org https://sum.example.com' }, 0],
    [{ GONOSUMDB: '*.com' }, 1],
    [{ GOPRIVATE: 'g*' }, 1],
    [{ GOPRIVATE: '*/corp,*.corp.example.com' }, 0],
  ])('%j gives %i findings', (values, count) => {
    expect(found('sumdb-disabled', { process: values })).toHaveLength(count);
  });

  it('gives one finding if GONOSUMDB follows from GOPRIVATE', () => {
    const variables = new Map(worldOf({ process: { GOPRIVATE: '*' } }).env?.variables);
    variables.set('GONOSUMDB', { name: 'GONOSUMDB', value: '*', origin: { kind: 'default' }, shadows: [] });
    expect(found('sumdb-disabled', { env: { variables } }).map(({ key }) => key)).toEqual(['env.GOPRIVATE']);
  });
});
