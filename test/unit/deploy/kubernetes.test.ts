/** The generated manifests are current, and what is converted by hand is converted rightly. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { files, root } from '../../../scripts/kubernetes/files.ts';
import { alertmanagerConfig, matcher } from '../../../scripts/kubernetes/monitoring.ts';

it('are what `npm run manifests` writes', () => {
  for (const [name, text] of Object.entries(files()))
    expect(readFileSync(path.join(root, name), 'utf8'), name).toBe(text);
});

it('convert matchers, and refuse what is none', () => {
  expect(matcher('severity=~"error|critical"')).toEqual({
    name: 'severity',
    matchType: '=~',
    value: 'error|critical',
  });
  expect(matcher('pool!=""')).toEqual({ name: 'pool', matchType: '!=', value: '' });
  expect(() => matcher('severity')).toThrow('no matcher: severity');
});

it('hold no file of a secret, and no route to a receiver that is left out', () => {
  const text = JSON.stringify(alertmanagerConfig());
  expect(text).not.toMatch(/_file|\/etc\/|remediation/);
  expect(text).toContain('"urlSecret":{"name":"godrift-alerting","key":"webhook-url"}');
});
