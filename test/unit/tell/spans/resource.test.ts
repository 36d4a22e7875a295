import { describe, expect, it } from 'vitest';
import { parseResourceAttributes, resourceAttributes } from '../../../../src/tell/spans/resource.ts';

const input = {
  version: '0.1.0',
  instanceId: 'id',
  hostname: 'builder',
  arch: 'x64',
  os: 'linux',
  env: new Map<string, string>(),
};
const withEnv = (env: Record<string, string>) =>
  resourceAttributes({ ...input, env: new Map(Object.entries(env)) });

describe('resourceAttributes', () => {
  it('identify the exporter by the semantic conventions, without a pid', () => {
    expect(resourceAttributes(input)).toEqual({
      'service.name': 'godrift',
      'service.version': '0.1.0',
      'service.instance.id': 'id',
      'host.id': 'id',
      'host.name': 'builder',
      'host.arch': 'amd64',
      'os.type': 'linux',
    });
  });

  it('are overridden by the standard variables', () => {
    const told = withEnv({
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=ci,host.name=other,service.name=a',
      OTEL_SERVICE_NAME: 'b',
    });
    expect(told).toMatchObject({
      'deployment.environment.name': 'ci',
      'host.name': 'other',
      'service.name': 'b',
      'host.arch': 'amd64',
    });
    expect(withEnv({ OTEL_SERVICE_NAME: '' })['service.name']).toBe('godrift');
  });

  it('are percent-decoded, and invalid ones are skipped', () => {
    expect(parseResourceAttributes('a=x%2Cy%3Dz, b = 2 ,c=d=e')).toEqual({ a: 'x,y=z', b: '2', c: 'd=e' });
    for (const damaged of ['', ',', '=', '=x', 'novalue', 'a=%zz'])
      expect(parseResourceAttributes(damaged)).toEqual({});
  });
});
