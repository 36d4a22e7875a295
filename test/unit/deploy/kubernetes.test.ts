/** The generated Kubernetes manifests are current, and the parts that are converted by hand are correct. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { files, root } from '../../../scripts/kubernetes/files.ts';
import { alertmanagerConfig, matcher } from '../../../scripts/kubernetes/monitoring.ts';
import { parseSize } from '../../../src/cli/settings/size.ts';
import { journalLimits } from '../../../src/store/journal.ts';

it('the committed manifests match the output of `npm run manifests`', () => {
  for (const [name, text] of Object.entries(files()))
    expect(readFileSync(path.join(root, name), 'utf8'), name).toBe(text);
});

it('matchers of Alertmanager are converted, and an invalid one is refused', () => {
  expect(matcher('severity=~"error|critical"')).toEqual({
    name: 'severity',
    matchType: '=~',
    value: 'error|critical',
  });
  expect(matcher('pool!=""')).toEqual({ name: 'pool', matchType: '!=', value: '' });
  expect(() => matcher('severity')).toThrow('no matcher: severity');
});

it('the Alertmanager configuration has no path of a secret file, and no route to an omitted receiver', () => {
  const text = JSON.stringify(alertmanagerConfig());
  expect(text).not.toMatch(/_file|\/etc\/|remediation/);
  expect(text).toContain('"urlSecret":{"name":"godrift-alerting","key":"webhook-url"}');
});

it('the state volume is larger than the limits of the journal, so that the kubelet does not evict the pod', () => {
  const { maxSegments, segmentBytes } = journalLimits;
  const bytes = (size: string | undefined) => parseSize(size?.replace(/Mi$/, 'MiB') ?? '') ?? 0;
  const made = Object.entries(files()).filter(([, text]) => text.includes('name: godrift-state'));
  expect(made.map(([name]) => path.dirname(name))).toContain('build-nodes');
  for (const [name, text] of made) {
    if (!text.includes('emptyDir')) continue;
    const [, room] = /name: godrift-state\s+emptyDir:\s+sizeLimit: (\S+)/.exec(text) ?? [];
    const [, unsent] = /name: GODRIFT_JOURNAL_UNSENT_LIMIT\s+value: (\S+)/.exec(text) ?? [];
    expect(bytes(unsent), name).toBeGreaterThan(0);
    const journal = Math.max(maxSegments * segmentBytes, bytes(unsent)) + segmentBytes;
    // Half as much again, for baselines and other state.
    expect(bytes(room), name).toBeGreaterThan(1.5 * journal);
  }
});
