/**
 * False alarms. First on the real chain: every harmless change at once wakes nobody, every harmful one is told. Then what the exporter
 * said in both cases, played as a noisy week through the rules: with whitelist and grace, and without.
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

  it('harmless changes reach nobody, on the real chain', async () => {
    const healthy = (await noise.pages()).get(untouched.name) ?? [];
    await noise.make(quiet);
    const changed = await noise.pages();
    // The patches among them are on record, so all of it has come through.
    const patched = quiet.filter(({ name }) => changed.get(name)?.some(isPatch)).map(({ name }) => name);
    expect(patched.length).toBeGreaterThan(5);
    for (const name of patched)
      await eventually(`${name} in the archive`, async () => chain.inbox.of('webhook', name)[0]);
    // Pending ones as well: none is on its way.
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

  it('every harmful change is told, on the real chain', async () => {
    for (const { name } of harmful)
      await eventually(`${name} in the channel`, async () => chain.inbox.of('slack', name)[0]);
    const targets = new Set((await told()).map(({ labels }) => labels['target'] ?? ''));
    targets.delete('');
    expect([...targets].toSorted()).toEqual(harmful.map(({ name }) => name).toSorted());
    expect(chain.inbox.messages.flatMap(({ faults }) => faults)).toEqual([]);
  });

  it('with whitelist and grace, tells at least 72 % less and loses no real drift', async () => {
    const input = [...week(recording, 'godrift', true), ...week(recording, 'plain', false)];
    const fires = 'ALERTS{alertstate="firing",severity!="info"}';
    const hours = Array.from({ length: weekMinutes / 60 }, (_, hour) => (hour + 1) * 60);
    const questions = [
      // Beginnings: firing now, and not at the evaluation before. By the hour, promtool loads no more at once.
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
    // Who was told of, and so who was paged for: targets with a real drift, nobody else.
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

/** Values of expressions at minutes of a story. promtool only compares, so each is compared with nothing and read from the refusal. */
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

/** Minutes as promtool writes them: 1h30m0s as 1h30m. */
function clock(minutes: number): string {
  const hours = Math.floor(minutes / 60);
  const rest = minutes % 60;
  return `${hours > 0 ? `${hours}h` : ''}${rest > 0 ? `${rest}m` : ''}`;
}
