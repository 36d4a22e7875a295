// A scrape of unchanged state against prom-client's metrics() of as many series, and the longest stall of the event loop while every
// target is new (design §14). prom-client is the peer because it is what a Node exporter would use otherwise.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Gauge, Registry } from 'prom-client';

const sizes = [1_000, 10_000, 50_000];
const ratioBudget = 0.15;
const stallBudgetMs = 20;

/** A target state with about 100 series, different in `generation` only where a drift would differ. */
function targetState(index, generation, time) {
  const facets = ['toolchain', 'env', 'context'];
  return {
    target: `target-${index}`,
    workspace: `/src/workspaces/team-${index % 20}/service-${index}`,
    pool: `pool-${index % 5}`,
    environmentSource: 'self',
    readable: { ok: true, reason: 'ok' },
    time,
    collectors: facets.map((collector) => ({
      collector,
      success: true,
      durationSeconds: 0.012 + generation / 1000,
      lastSuccess: time + generation,
    })),
    toolchain: { version: `1.26.${generation % 9}`, goos: 'linux', goarch: 'amd64', origin: 'local' },
    pins: [
      {
        source: 'go.mod',
        rule: 'pin-go-mod',
        kind: 'floor',
        version: '1.26',
        path: '',
        line: 3,
        level: 'none',
        deviation: ['major', 'minor', 'patch'].map((part) => ({ part, value: 0 })),
      },
    ],
    environment: Array.from({ length: 30 }, (_, name) => ({
      name: `GOVARIABLE${name}`,
      value: `value-${name}-of-${generation}`,
      origin: 'goenv',
    })),
    required: [{ name: 'GOPRIVATE', missing: false }],
    disagreements: 0,
    facets: Object.fromEntries(
      facets.map((facet) => [
        facet,
        {
          facet,
          entries: 20,
          fingerprint: `sha256:${(index * 1000 + generation).toString(16).padStart(64, 'a')}`,
          drift: {
            level: 'none',
            changeRatio: 0,
            semanticDistance: 0,
            added: 0,
            removed: 0,
            changed: 0,
            changes: [],
          },
        },
      ]),
    ),
    baseline: { kind: 'learned', source: 'learned', time },
    findings: [],
    level: 'none',
    counters: { changes: {}, lastChange: Object.fromEntries(facets.map((facet) => [facet, time])) },
  };
}

const exporterState = {
  version: '0.1.0',
  revision: 'bench',
  config: { ok: true, loadedAt: 0 },
  passes: 0,
  stateWritable: true,
  journal: { errors: 0, head: { seq: 1, hash: '0'.repeat(64) } },
  outbox: { pending: 0, exported: 0, dropped: {}, failed: {} },
  alerts: { alertmanager: { accepted: 0, duplicate: 0, ignored: 0, refused: 0 } },
  watcher: { watches: 0, failed: 0, events: 0, missed: 0 },
  discovery: { found: 0, limit: 200, skipped: {}, incomplete: {}, appeared: 0, vanished: 0 },
};

const median = (list) => [...list].sort((a, b) => a - b)[list.length >> 1];
const milliseconds = (ms) => `${ms.toFixed(ms < 10 ? 2 : 0)} ms`;

/** As `compare` of run.js, for asynchronous functions: in turns, several calls a round when one is short, median in ms a call. */
async function pairs(functions, rounds) {
  const calls = [];
  for (const run of functions) {
    const start = performance.now();
    let count = 0;
    for (; performance.now() - start < 150; count++) await run();
    calls.push(Math.max(1, Math.ceil((count / 150) * 4)));
  }
  const times = functions.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [index, run] of functions.entries()) {
      globalThis.gc?.();
      const start = performance.now();
      for (let call = 0; call < calls[index]; call++) await run();
      times[index].push((performance.now() - start) / calls[index]);
    }
  }
  return times.map(median);
}

/** prom-client with the same number of gauges of five labels. */
function peerOf(count) {
  const registry = new Registry();
  const gauge = new Gauge({
    name: 'godrift_env_info',
    help: 'peer',
    labelNames: ['target', 'name', 'value', 'origin', 'facet'],
    registers: [registry],
  });
  for (let index = 0; index < count; index++) {
    gauge.set(
      {
        target: `target-${index >> 6}`,
        name: `GOVARIABLE${index & 63}`,
        value: `value-${index}`,
        origin: 'goenv',
        facet: 'env',
      },
      1,
    );
  }
  return async () => Buffer.from(await registry.metrics());
}

export default {
  name: 'scrape',
  async run({ load }) {
    const [{ createExposition }, { targetFamilies }, { exporterFamilies }] = await load(
      'tell/metrics/exposition',
      'tell/metrics/samples',
      'tell/metrics/exporter',
    );
    const rows = [];
    for (const size of sizes) {
      const time = 1_795_417_200_123;
      const perTarget = targetFamilies(targetState(0, 0, time)).reduce(
        (sum, { samples }) => sum + samples.length,
        0,
      );
      const targets = Array.from({ length: Math.ceil(size / perTarget) }, (_, index) =>
        targetState(index, 0, time),
      );
      const exposition = createExposition(targetFamilies);
      let passes = 0;
      // What changes at each scrape whatever the targets do: the exporter's own series.
      const scrape = async (states) => {
        passes++;
        const facts = {
          cpuSeconds: passes,
          residentBytes: 5e7 + passes,
          startTimeSeconds: 1,
          openFds: 20,
          eventLoopDelayMaxSeconds: passes / 1000,
        };
        return exposition.page(states, exporterFamilies({ ...exporterState, passes }, facts, 'v20'));
      };
      const { kept, fresh } = await scrape(targets);
      const count = Buffer.concat([...kept, fresh])
        .toString()
        .split('\n')
        .filter((line) => line !== '' && !line.startsWith('#')).length;
      const peer = peerOf(count);
      const [own, others] = await pairs([() => scrape(targets), peer], size >= 50_000 ? 15 : 41);
      rows.push({
        what: `${count} series, unchanged state`,
        value: milliseconds(own),
        peer: milliseconds(others),
        ratio: own / others,
        budget: `<= ${ratioBudget}`,
        ok: own / others <= ratioBudget,
      });
      rows.push(
        await stall(`${count} series, stall when all is new`, scrape, (generation) =>
          targets.map((_, index) => targetState(index, generation, time + generation)),
        ),
      );
    }
    return rows;
  },
};

/** Longest stall over scrapes in which every target changed; the median of the rounds, for a busy machine stalls everybody. */
async function stall(what, scrape, statesOf) {
  const stalls = [];
  const durations = [];
  for (let generation = 1; generation <= 9; generation++) {
    const states = statesOf(generation);
    globalThis.gc?.();
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    await new Promise((resolve) => setTimeout(resolve, 20));
    delay.reset();
    const start = performance.now();
    await scrape(states);
    durations.push(performance.now() - start);
    await new Promise((resolve) => setTimeout(resolve, 5));
    delay.disable();
    stalls.push(delay.max / 1e6);
  }
  const longest = median(stalls);
  return {
    what,
    value: milliseconds(longest),
    peer: `in ${milliseconds(median(durations))}`,
    budget: `<= ${stallBudgetMs} ms`,
    ok: longest <= stallBudgetMs,
  };
}
