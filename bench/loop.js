// From a changed file to the verified rollback without a person: the shipped rules and routes in a real Prometheus and Alertmanager at intervals of one second,
// a webhook, every guard, the plan, and a look with a fresh eye (test/lab/closed-loop.ts). LOOP_ROUNDS (20) rounds of each facet.
import path from 'node:path';
import { runnerImport } from 'vite';

const lab = path.join(import.meta.dirname, '../test/lab');
const rounds = Number(process.env.LOOP_ROUNDS ?? 20);
const patienceMs = 240_000;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)];
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

/** Waits until `look` answers something; throws after its patience. */
async function until(what, look) {
  const end = performance.now() + patienceMs;
  for (;;) {
    const found = await look();
    if (found !== undefined && found !== false) return found;
    if (performance.now() > end) throw new Error(`not seen: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One drift of a facet, up to the verified rollback and, in ms, up to the end of the alert, so that the next one is another. */
async function round(loop, facet, events) {
  const before = (await events()).length;
  const changed = loop.drift(facet);
  const outcome = await until(`the rollback of ${facet}`, async () =>
    (await events()).slice(before).find(({ type, facets }) => type === 'outcome' && facets.includes(facet)),
  );
  if (outcome.result !== 'applied') throw new Error(`${facet}: ${outcome.why}`);
  await until('the end of the alert', async () =>
    (await loop.chain.prometheus.alerts()).every(({ labels }) => labels.alertname !== 'GodriftRollback'),
  );
  return Date.parse(outcome.time) - changed;
}

export default {
  name: 'loop',
  async run() {
    const { module: closed } = await runnerImport(path.join(lab, 'closed-loop.ts'));
    const { module: programs } = await runnerImport(path.join(lab, 'godrift.ts'));
    const loop = await closed.startClosedLoop();
    const events = async () => {
      const { stdout } = await programs.godrift(loop.world, ['events', '--json']);
      return stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line));
    };
    try {
      const rows = [];
      for (const facet of process.env.LOOP_FACETS?.split(',') ?? closed.loopFacets) {
        const times = [];
        for (let index = 0; index < rounds; index++) times.push(await round(loop, facet, events));
        times.sort((a, b) => a - b);
        rows.push({
          what: `${facet}: change to verified rollback, p50 / p95 of ${rounds}`,
          value: `${seconds(quantile(times, 0.5))} / ${seconds(quantile(times, 0.95))}`,
        });
      }
      return rows;
    } finally {
      await loop.stop();
    }
  },
};
