// From a changed file to the message at Slack, WeCom and the webhook, through real servers with the shipped rules, routes and templates
// (test/lab/chain.ts says what is replaced). Against 42 s, the mean that the idea's source claims for its own chain.
// CHAIN_ROUNDS (20) rounds with intervals of 1 s; CHAIN_SHIPPED rounds (0: each takes two minutes) with the shipped ones.
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runnerImport } from 'vite';

const lab = path.join(import.meta.dirname, '../test/lab');
const rounds = Number(process.env.CHAIN_ROUNDS ?? 20);
const shippedRounds = Number(process.env.CHAIN_SHIPPED ?? 0);
const claimedMs = 42_000;

const quantile = (sorted, q) => sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * q) - 1)];
const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length;
const seconds = (ms) => `${(ms / 1000).toFixed(2)} s`;

/** Rounds with a chain of these intervals: one list of times a direction, each that of the last service to be told. */
async function measure(count, interval, everySeconds) {
  const { module: chainLab } = await runnerImport(path.join(lab, 'chain.ts'));
  const { module: toolchains } = await runnerImport(path.join(lab, 'toolchains.ts'));
  const drifting = await chainLab.startDriftingWorld(await toolchains.ensureToolchain('1.26.0'), interval);
  const chain = await chainLab.startChain(drifting.exporter, everySeconds);
  const times = { fired: [], resolved: [] };
  try {
    for (let index = 0; index < count; index++) {
      // At any moment between two scrapes and evaluations, not in step with them.
      await delay((index % 10) * 100 * (everySeconds ?? 5));
      const round = await chainLab.round(drifting, chain, 240_000);
      for (const way of ['fired', 'resolved']) times[way].push(Math.max(...Object.values(round[way])));
    }
    const faults = chain.inbox.messages.flatMap((message) => message.faults);
    if (faults.length > 0) throw new Error(`a service would have refused: ${faults[0]}`);
  } finally {
    await chain.stop();
    await drifting.exporter.stop();
  }
  return { fired: times.fired.sort((a, b) => a - b), resolved: times.resolved.sort((a, b) => a - b) };
}

function rows(name, { fired, resolved }, budgetMs) {
  return [
    {
      what: `${name}: change to message, mean of ${fired.length}`,
      value: seconds(mean(fired)),
      peer: seconds(claimedMs),
      ratio: mean(fired) / claimedMs,
      budget: `< ${budgetMs / 1000} s`,
      ok: mean(fired) < budgetMs,
    },
    {
      what: `${name}: p50 / p95`,
      value: `${seconds(quantile(fired, 0.5))} / ${seconds(quantile(fired, 0.95))}`,
    },
    {
      what: `${name}: healed to message, p50 / p95`,
      value: `${seconds(quantile(resolved, 0.5))} / ${seconds(quantile(resolved, 0.95))}`,
    },
  ];
}

export default {
  name: 'chain',
  async run() {
    const fast = rows('1 s', await measure(rounds, '1s', 1), 4_000);
    if (shippedRounds === 0) return fast;
    return [...fast, ...rows('shipped', await measure(shippedRounds, undefined, undefined), 12_000)];
  },
};
