/**
 * A pool of 500 exporters under all shipped rules, evaluated by the real promtool: which members are named as
 * outliers, and which alerts fire when many members deviate.
 */
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, it } from 'vitest';
import { stringify } from 'yaml';
import { ensureServer } from '../lab/servers.ts';
import { scratch } from '../lab/toolchains.ts';

const rules = join(import.meta.dirname, '../../prometheus/rules');
const size = 500;
const minutes = 20;

/**
 * The series of a pool: members 0 to `others` - 1 have another release, and `level` is their drift from their
 * own baselines.
 */
function seriesOf(others: number, level: 0 | 2) {
  return Array.from({ length: size }, (_, index) => {
    const isOther = index < others;
    const of = `job="godrift",instance="ci-${index}:9464"`;
    const constant = (name: string, labels: string, value: number) => ({
      series: `${name}{${of}${labels}}`,
      values: `${value}x${minutes}`,
    });
    return [
      constant('up', '', 1),
      constant('godrift_target_info', ',target="api",workspace="/w",pool="ci"', 1),
      constant('godrift_toolchain_info', `,target="api",version="${isOther ? '1.27.4' : '1.26.8'}"`, 1),
      constant('godrift_drift_level', ',target="api",facet="toolchain"', isOther ? level : 0),
    ];
  }).flat();
}

const fired = (alertname: string, severity: string, more: string) =>
  `{alertname="${alertname}",alertstate="firing",severity="${severity}",job="godrift",pool="ci"${more}}`;
const skew = fired('GodriftPoolSkew', 'warning', ',facet="toolchain"');

/** A promtool test that exactly these alerts fire, and that the skew of the pool has this description. */
function testOf(
  name: string,
  [others, level]: readonly [number, 0 | 2],
  alerts: readonly string[],
  described: string,
) {
  return {
    name,
    interval: '1m',
    input_series: seriesOf(others, level),
    promql_expr_test: [
      {
        expr: 'max without (__name__) (ALERTS{alertstate="firing"})',
        eval_time: `${minutes}m`,
        exp_samples: alerts.map((labels) => ({ labels, value: 1 })),
      },
    ],
    alert_rule_test: [
      {
        alertname: 'GodriftPoolSkew',
        eval_time: `${minutes}m`,
        exp_alerts: [
          {
            exp_labels: { severity: 'warning', facet: 'toolchain', job: 'godrift', pool: 'ci' },
            exp_annotations: {
              summary: 'pool ci: its targets use 2 Go releases',
              description: `The toolchains (facet toolchain) of pool ci differ by more than a patch: 1.26 on ${size - others}, 1.27 on ${others}. ${described} See what is wanted there with: godrift check`,
              runbook_url: 'https://github.com/godrift/godrift/blob/main/docs/runbooks/GodriftPoolSkew.md',
            },
          },
        ],
      },
    ],
  };
}

const named = [0, 100, 101, 102, 103].map((index) => `api at ci-${index}:9464 → 1.27.4`).join(', ');
const five = `Odd one out: ${named} and others.`;

it('names one outlier of 500, names at most five of many, and fires one pool alert when more than 30 % drifted', async () => {
  const tests = [
    testOf(
      'one odd, which is as its own baseline says',
      [1, 0],
      [skew],
      'Odd one out: api at ci-0:9464 → 1.27.4.',
    ),
    testOf('30 % skewed, each as its own baseline says', [150, 0], [skew], five),
    testOf('more than 30 % moved', [151, 2], [skew, fired('GodriftPoolDrift', 'error', '')], five),
  ];
  const file = join(scratch('large-pool'), 'pool.test.yml');
  writeFileSync(
    file,
    stringify({
      rule_files: readdirSync(rules).map((name) => join(rules, name)),
      evaluation_interval: '1m',
      tests,
    }),
  );
  const start = performance.now();
  const run = await execa(await ensureServer('promtool'), ['test', 'rules', file], {
    reject: false,
    all: true,
  });
  console.log(
    `${tests.length} pools of ${size} over ${minutes} minutes: ${((performance.now() - start) / 1000).toFixed(1)} s`,
  );
  expect(run.exitCode, run.all).toBe(0);
});
