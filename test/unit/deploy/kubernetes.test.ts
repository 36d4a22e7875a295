/** The generated manifests are current, and what is converted by hand is converted rightly. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { files, root } from '../../../scripts/kubernetes/files.ts';
import { alertmanagerConfig, matcher } from '../../../scripts/kubernetes/monitoring.ts';
import { parseSize } from '../../../src/cli/settings/size.ts';
import { journalLimits } from '../../../src/store/journal.ts';

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

it('give the state a volume that the journal cannot fill, for the kubelet would evict the pod and its build', () => {
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
    // As much again as half of it, for baselines and what else is kept.
    expect(bytes(room), name).toBeGreaterThan(1.5 * journal);
  }
});
