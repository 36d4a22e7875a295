/** Terminal output of a check: the current value stands out, and no colour marks the old value as bad or the current one as good. */
import { expect, test } from 'vitest';
import type { Finding } from '../../../../src/drift/model.ts';
import { renderCheck } from '../../../../src/tell/reports/render.ts';
import { drifted, quiet } from '../states.ts';

const mark = (name: string) => (text: string) => `<${name}>${text}</${name}>`;
const palette = {
  bold: mark('bold'),
  dim: mark('dim'),
  red: mark('red'),
  green: mark('green'),
  yellow: mark('yellow'),
  cyan: mark('cyan'),
};

const drift = (level: Finding['level'], more: Partial<Finding> = {}): Finding => ({
  kind: 'drift',
  rule: 'changed',
  facet: 'toolchain',
  level,
  key: 'toolchain.version',
  expected: '1.26.8',
  actual: '1.27.4',
  summary: 'toolchain.version 1.26.8 → 1.27.4',
  ...more,
});

const lineOf = (finding: Finding) =>
  renderCheck({ ...drifted, findings: [finding] }, { palette })
    .split('\n')
    .find((line) => line.includes('toolchain.version')) ?? '';

test.each([
  ['patch', 'cyan'],
  ['minor', 'yellow'],
  ['major', 'red'],
] as const)('of a %s drift, what was is dim and what is now is bold and %s', (level, colour) => {
  expect(lineOf(drift(level))).toContain(
    `<dim>1.26.8</dim> <dim>→</dim> <bold><${colour}>1.27.4</${colour}></bold>`,
  );
  expect(lineOf(drift(level))).not.toContain('green');
});

test('a removed value stands out as (none)', () => {
  const { actual: _, ...gone } = drift('major');
  expect(lineOf(gone)).toContain('<dim>1.26.8</dim> <dim>→</dim> <bold><red>(none)</red></bold>');
});

test('a waived finding is dimmed, including its current value', () => {
  const waived = { id: 'w', reason: 'r', who: 'o', expires: '2026-12-31T00:00:00.000Z' };
  expect(lineOf(drift('minor', { waived }))).toContain('<dim>→</dim> <dim>1.27.4</dim>');
});

test('the probable writer is below, on one line whatever its name is', () => {
  const writer = {
    path: '/src/go.mod',
    facets: ['toolchain'],
    changed: 1,
    confidence: 'possible',
    how: 'open',
    program: 'ed\n  major  \u001b[31mforged',
    pid: 7,
    started: 0,
  } as const;
  const lines = renderCheck(
    { ...drifted, findings: [drift('minor', { writers: [writer] })] },
    { palette },
  ).split('\n');
  const at = lines.findIndex((line) => line.includes('toolchain.version'));
  // Words are painted one by one.
  expect(lines[at + 1]?.replaceAll(/<\/?dim>/g, '')).toMatch(
    /^ {9}writer: \/src\/go\.mod possibly written by ed\\n major \\u001b\[31mforged, pid 7 \(/,
  );
});

test('without colours it reads as one sentence', () => {
  const asIs = (text: string) => text;
  const none = { bold: asIs, dim: asIs, red: asIs, green: asIs, yellow: asIs, cyan: asIs };
  const text = renderCheck({ ...drifted, findings: [drift('minor')] }, { palette: none });
  expect(text).toContain('  minor  changed toolchain.version  1.26.8 → 1.27.4\n');
});

test('an incomplete evaluation is never ok, and says why', () => {
  const why = 'the workspace is too large';
  const partial = { collector: 'env', success: false, unjudged: true, durationSeconds: 1, why } as const;
  const collectors = [...quiet.collectors.filter((one) => one.collector !== 'env'), partial];
  const facetStatus = { ...quiet.facetStatus, env: 'not_evaluated' } as const;
  const text = renderCheck({ ...quiet, collectors, facetStatus }, { palette });
  expect(text).not.toContain('<green>ok');
  expect(text).toContain(`env (${why})`);
  expect(renderCheck(quiet, { palette })).toContain('<green>ok</green>');
});
