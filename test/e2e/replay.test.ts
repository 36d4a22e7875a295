/**
 * False alarms. First with real servers: all harmless changes at once raise no alert above `info`, and each
 * harmful change raises one. Then the recorded pages of the exporter are replayed through the rules as a
 * noisy week, with whitelist and grace and without.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { stringify } from 'yaml';
import { type Chain, startChain } from '../lab/chain.ts';
import { eventually } from '../lab/godrift.ts';
import { harmful, harmless, type Noise, startNoise, untouched } from '../lab/noise.ts';
import { ensureServer } from '../lab/servers.ts';
import { scratch } from '../lab/toolchains.ts';
import { type Recording, realDrifts, week, weekMinutes } from '../rules/week.ts';

const rules = fileURLToPath(new URL('../../prometheus/rules/', import.meta.url));
const ruleFiles = ['godrift-alerts', 'godrift-pool-alerts', 'godrift-exporter-alerts'].map((name) =>
  join(rules, `${name}.yml`),
);

describe('a noisy week', async () => {
  const quiet = await harmless();
  const pagesOf = (pages: ReadonlyMap<string, readonly string[]>, names: readonly { name: string }[]) =>
    names.map(({ name }) => pages.get(name) ?? []);
  let noise: Noise;
  let chain: Chain;
  let recording: Recording;

  beforeAll(async () => {
    noise = await startNoise([untouched, ...quiet, ...harmful]);
    chain = await startChain(noise.exporter, 1);
  });

  afterAll(async () => {
    await chain?.stop();
    await noise?.exporter.stop();
  });

  const told = async () =>
    (await chain.prometheus.alerts()).filter(({ labels }) => labels['severity'] !== 'info');

  it('raises no alert above info for harmless changes, with real servers', async () => {
    const healthy = (await noise.pages()).get(untouched.name) ?? [];
    await noise.make(quiet);
    const changed = await noise.pages();
    // The patch-level drifts among them reach the archive, so all pages have been scraped and evaluated.
    const patched = quiet.filter(({ name }) => changed.get(name)?.some(isPatch)).map(({ name }) => name);
    expect(patched.length).toBeGreaterThan(5);
    for (const name of patched)
      await eventually(`${name} in the archive`, async () => chain.inbox.of('webhook', name)[0]);
    // Includes pending alerts: none is about to fire.
    expect((await told()).map(({ labels }) => labels)).toEqual([]);
    expect(chain.inbox.messages.filter(({ service }) => service !== 'webhook')).toEqual([]);

    await noise.make(harmful);
    const all = await noise.pages();
    recording = {
      healthy,
      harmless: pagesOf(changed, quiet),
      rollout: all.get('minor-release') ?? [],
      harmful: pagesOf(all, harmful),
    };
    for (const page of [healthy, recording.rollout, ...recording.harmless, ...recording.harmful])
      expect(page.length).toBeGreaterThan(20);
  });

  it('raises an alert for every harmful change, with real servers', async () => {
    for (const { name } of harmful)
      await eventually(`${name} in the channel`, async () => chain.inbox.of('slack', name)[0]);
    const targets = new Set((await told()).map(({ labels }) => labels['target'] ?? ''));
    targets.delete('');
    expect([...targets].toSorted()).toEqual(harmful.map(({ name }) => name).toSorted());
    expect(chain.inbox.messages.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('with whitelist and grace, raises at least 72 % fewer alerts and misses no real drift', async () => {
    const input = [...week(recording, 'godrift', true), ...week(recording, 'plain', false)];
    const fires = 'ALERTS{alertstate="firing",severity!="info"}';
    const hours = Array.from({ length: weekMinutes / 60 }, (_, hour) => (hour + 1) * 60);
    const questions = [
      // Alerts that begin: firing now but not at the previous evaluation. Per
      // hour, because promtool loads no more.
      ...hours.map((at) => ({
        expr: `sum by (job) (count_over_time((${fires} unless ${fires} offset 2m)[60m:2m]))`,
        at,
      })),
      ...hours.map((at) => ({ expr: `count by (job, target) (max_over_time(${fires}[60m]))`, at })),
      ...realDrifts.map(({ target, toldBy }) => ({
        expr: `count(${fires.replace('}', `,job="godrift",target="${target}"}`)})`,
        at: toldBy,
      })),
    ];
    const answers = await ask(input, questions);
    const begun = answers.slice(0, hours.length).flat();
    const named = answers.slice(hours.length, 2 * hours.length).flat();
    const heard = answers.slice(2 * hours.length);
    const count = (job: string) =>
      begun
        .filter(({ labels }) => labels.includes(`job="${job}"`))
        .reduce((sum, { value }) => sum + value, 0);
    const [exempt, plain] = [count('godrift'), count('plain')];
    process.stdout.write(
      `a noisy week of ${quiet.length} kinds of harmless changes: ${exempt} alerts with whitelist and grace, ${plain} without\n`,
    );
    expect(plain).toBeGreaterThan(100);
    expect(exempt).toBeGreaterThanOrEqual(realDrifts.length);
    expect(1 - exempt / plain, `${exempt} of ${plain}`).toBeGreaterThanOrEqual(0.72);
    // Only the targets with a real drift have alerts.
    const real = realDrifts.map(({ target }) => target);
    const told = named
      .filter(({ labels }) => labels.includes('job="godrift"'))
      .flatMap(({ labels }) => /target="([^"]+)"/.exec(labels)?.[1] ?? []);
    expect([...new Set(told)].toSorted()).toEqual(real);
    for (const [index, answer] of heard.entries())
      expect(answer[0]?.value, realDrifts[index]?.target).toBeGreaterThanOrEqual(1);
  });
});

const isPatch = (line: string) => /^godrift_drift_level\{.* 1$/.test(line);

interface Answer {
  readonly labels: string;
  readonly value: number;
}

/**
 * Returns the values of expressions at given minutes of the week. promtool only compares values, so each test
 * expects no samples and the values are read from the error message.
 */
async function ask(
  input: readonly { series: string; values: string }[],
  questions: readonly { expr: string; at: number }[],
): Promise<readonly (readonly Answer[])[]> {
  const file = join(scratch('week'), 'week.test.yml');
  const test = {
    name: 'week',
    interval: '1m',
    input_series: input,
    promql_expr_test: questions.map(({ expr, at }) => ({ expr, eval_time: `${at}m`, exp_samples: [] })),
  };
  writeFileSync(
    file,
    stringify({
      rule_files: ruleFiles,
      evaluation_interval: '2m',
      group_eval_order: ['godrift-drift', 'godrift-pools-compared', 'godrift-exporter', 'godrift-upkeep'],
      tests: [test],
    }),
  );
  const run = await execa(await ensureServer('promtool'), ['test', 'rules', file], {
    reject: false,
    all: true,
  });
  return questions.map(({ expr, at }) => {
    const [, got = ''] =
      run.all?.split(`expr: ${JSON.stringify(expr)}, time: ${clock(at)},`)[1]?.split(/got: ?/) ?? [];
    const line = got.split('\n')[0] ?? '';
    return [...line.matchAll(/(\{[^}]*\}) ([0-9.E+-]+)/g)].map(([, labels = '', value]) => ({
      labels,
      value: Number(value),
    }));
  });
}

/** Formats minutes as promtool does: `90 → '1h30m'`. */
function clock(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return `${hours > 0 ? `${hours}h` : ''}${rest > 0 ? `${rest}m` : ''}`;
}
