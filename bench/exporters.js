// What a fleet costs one Prometheus with the shipped rules: a page of the real exporter, served as those of 500, 1,000 and 5,000 exporters (EXPORTERS), two
// of a hundred drifted, scraped and judged every 15 s (EVERY). Rules, scrapes, memory, and each query of each dashboard.
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { runnerImport } from 'vite';
import { freePort, untilPage } from './shared/exporter.js';
import { cpuSeconds, memoryMb } from './shared/fleet.js';

const program = path.resolve(import.meta.dirname, '../dist/godrift.js');
const lab = path.join(import.meta.dirname, '../test/lab');
const counts = (process.env.EXPORTERS ?? '500,1000,5000').split(',').map(Number);
/** Seconds between scrapes and between evaluations: 15 unless EVERY says otherwise; the shipped configuration has 5. */
const everySeconds = Number(process.env.EVERY ?? 15);
/** Rounds of scrapes before it is measured: the rules look back five minutes at most, and memory grows with the first blocks of a series only. */
const rounds = 5;
const pools = 20;
const driftedOf = 50;

/** The page of an exporter with one target, as it is and after a drift. */
async function realPages() {
  const home = mkdtempSync(path.join(tmpdir(), 'godrift-bench-exporters-'));
  const workspace = path.join(home, 'app');
  mkdirSync(workspace);
  mkdirSync(path.join(home, '.config/go'), { recursive: true });
  writeFileSync(path.join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
  writeFileSync(
    path.join(home, 'godrift.yml'),
    JSON.stringify({ targets: [{ name: 'service', workspace, pool: 'pool-x' }] }),
  );
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/metrics`;
  const exporter = spawn(
    process.execPath,
    [
      program,
      'serve',
      '--config.file',
      path.join(home, 'godrift.yml'),
      `--web.listen-address=127.0.0.1:${port}`,
      '--interval=1s',
    ],
    {
      cwd: home,
      env: { HOME: home, PATH: process.env.PATH, GODRIFT_STATE_DIRECTORY: path.join(home, 'state') },
      stdio: 'ignore',
    },
  );
  const patience = { everyMs: 200, limitMs: 120_000 };
  try {
    await untilPage(url, (page) => page.includes('kind="learned"'), patience);
    const calm = await (await fetch(url)).text();
    writeFileSync(path.join(home, '.config/go/env'), 'GOFLAGS=-mod=mod\nGOPROXY=off\n');
    await untilPage(
      url,
      (page) => /^godrift_drift_level\{[^}]*facet="env"[^}]*\} [123]$/m.test(page),
      patience,
    );
    return { calm, drifted: await (await fetch(url)).text() };
  } finally {
    exporter.kill('SIGTERM');
    await new Promise((resolve) => exporter.once('exit', resolve));
    rmSync(home, { recursive: true, force: true });
  }
}

/** What a running exporter moves on: pages that stand still would have every collector stale and every watcher deaf after five minutes. */
const moving =
  /^(godrift_(?:collector_last_success|watch_canary_last_seen)_timestamp_seconds(?:\{.*\})?) .*$/gm;

/** Serves page number N at `/N`, as that of an exporter of its own. */
async function serve(pages) {
  let { calm, drifted } = pages;
  const move = setInterval(() => {
    const now = (Date.now() / 1000).toFixed(3);
    calm = pages.calm.replace(moving, `$1 ${now}`);
    drifted = pages.drifted.replace(moving, `$1 ${now}`);
  }, 5_000);
  move.unref();
  const server = createServer((request, response) => {
    const index = Number(request.url.slice(1).split('?')[0]);
    const page = index % driftedOf === 0 ? drifted : calm;
    response.writeHead(200, { 'Content-Type': 'text/plain; version=0.0.4; charset=utf-8' });
    response.end(
      page
        .replaceAll('target="service"', `target="service-${index}"`)
        .replaceAll('pool="pool-x"', `pool="pool-${index % pools}"`),
    );
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

const quantile = (list, q) =>
  [...list].sort((a, b) => a - b)[Math.min(list.length - 1, Math.ceil(list.length * q) - 1)] ?? 0;
const ms = (seconds) => `${(seconds * 1000).toFixed(0)} ms`;

/** How long each query of each dashboard takes with all its variables at all values, in seconds; once to warm what is read, then measured. */
async function panelTimes(url) {
  const { module: dashboards } = await runnerImport(path.join(lab, 'dashboards.ts'));
  const { module: grafana } = await runnerImport(path.join(lab, 'grafana-queries.ts'));
  const { module: promql } = await runnerImport(path.join(lab, 'promql.ts'));
  const times = [];
  for (const dashboard of dashboards.readDashboards().values()) {
    const values = await grafana.valuesFor(url, dashboard, true);
    for (const { where, expr, instant } of dashboards.queriesOf(dashboard)) {
      const start = performance.now();
      await grafana.askAsGrafana(url, promql.fillIn(expr, values), instant);
      times.push({ where, seconds: (performance.now() - start) / 1000 });
    }
  }
  return times.sort((a, b) => b.seconds - a.seconds);
}

async function measure(server, count) {
  const { module: servers } = await runnerImport(path.join(lab, 'servers.ts'));
  const { port } = server.address();
  const rulesFolder = path.resolve(import.meta.dirname, '../prometheus/rules');
  const ruleFiles = readdirSync(rulesFolder).map((name) => path.join(rulesFolder, name));
  const scrape = {
    job_name: 'godrift',
    static_configs: Array.from({ length: count }, (_, index) => ({
      targets: [`127.0.0.1:${port}`],
      labels: { instance: `builder-${index}:9464`, __metrics_path__: `/${index}` },
    })),
  };
  const self = { job_name: 'prometheus', static_configs: [{ targets: ['127.0.0.1:9'] }] };
  const config = JSON.stringify({
    global: {
      scrape_interval: `${everySeconds}s`,
      scrape_timeout: `${Math.min(10, everySeconds)}s`,
      evaluation_interval: `${everySeconds}s`,
    },
    scrape_configs: [scrape, self],
  });
  const prometheus = await servers.startPrometheus({ config, ruleFiles, queryTimeout: '20m' });
  try {
    const value = async (query) => Number((await prometheus.query(query))[0]?.value ?? Number.NaN);
    const deadline = Date.now() + 600_000;
    while (!((await value('count(up{job="godrift"} == 1)')) === count) && Date.now() < deadline)
      await delay(2_000);
    await delay(rounds * everySeconds * 1000);
    const [cpu, start] = [cpuSeconds(prometheus.pid), performance.now()];
    await delay(2 * everySeconds * 1000);
    const share = (cpuSeconds(prometheus.pid) - cpu) / ((performance.now() - start) / 1000);
    const page = await (await fetch(`${prometheus.url}/metrics`)).text();
    const groups = [
      ...page.matchAll(/^prometheus_rule_group_last_duration_seconds\{rule_group="[^"]*;([^"]+)"\} (\S+)$/gm),
    ]
      .map(([, where, seconds]) => ({ where, seconds: Number(seconds) }))
      .sort((a, b) => b.seconds - a.seconds);
    const own = (name) => Number(new RegExp(`^${name} (\\S+)$`, 'm').exec(page)?.[1]);
    const [cpuBefore, asked] = [cpuSeconds(prometheus.pid), performance.now()];
    const panels = await panelTimes(prometheus.url);
    const firing = await value('count(ALERTS{alertstate="firing"})');
    const scraping = share * ((performance.now() - asked) / 1000);
    return {
      series: own('prometheus_tsdb_head_series'),
      share,
      memory: memoryMb(prometheus.pid, 'VmRSS'),
      groups,
      firing,
      rules: groups.reduce((sum, { seconds }) => sum + seconds, 0),
      // Without what scrapes and rules took meanwhile.
      asking: cpuSeconds(prometheus.pid) - cpuBefore - scraping,
      load: loadavg()[0],
      scrape: await value('quantile(0.99, scrape_duration_seconds{job="godrift"})'),
      panels,
    };
  } finally {
    await prometheus.stop();
  }
}

/** Whether a time is within its budget; no answer where others had the cores, for then it is theirs. */
const isWithin = (seconds, most, load) => (load > cpus().length * 1.5 ? undefined : seconds < most);

/** The rows of one fleet. */
function rowsOf(count, { series, share, memory, groups, firing, rules, scrape, asking, panels, load }) {
  const what = (text) => `${count} exporters: ${text}`;
  const times = panels.map(({ seconds }) => seconds);
  const [slowestGroup, slowest] = [groups[0], panels[0]];
  return [
    {
      what: what("series, rules' own included"),
      value: String(series),
      peer: `${(series / count).toFixed(0)} a target`,
    },
    {
      what: what('Prometheus, CPU'),
      value: `${(share * 100).toFixed(1)} % of a core`,
      peer: `${((share * everySeconds * 1000) / count).toFixed(2)} ms a target and round`,
    },
    {
      what: what('Prometheus, memory'),
      value: `${memory.toFixed(0)} MB`,
      peer: `${((memory * 1024) / count).toFixed(0)} kB a target`,
    },
    {
      what: what('all rules, once'),
      value: ms(rules),
      peer: `interval ${everySeconds} s`,
      ratio: rules / everySeconds,
      budget: '< 0.5',
      ok: isWithin(rules, everySeconds / 2, load),
    },
    { what: what(`of them ${slowestGroup?.where}`), value: ms(slowestGroup?.seconds ?? 0) },
    { what: what('alerts that fire'), value: String(firing) },
    { what: what('a scrape, p99'), value: ms(scrape) },
    {
      what: what(`all ${panels.length} queries of panels, CPU`),
      // Less than nothing: others had the cores, and scrapes and rules took less than before.
      value: asking > 0 ? ms(asking) : 'not known',
      peer: `p50 / p95 ${ms(quantile(times, 0.5))} / ${ms(quantile(times, 0.95))}`,
    },
    {
      what: what(`slowest, ${slowest?.where}`),
      value: ms(slowest?.seconds ?? 0),
      budget: '< 2 s',
      ok: isWithin(slowest?.seconds ?? 0, 2, load),
    },
    { what: what('load of the machine'), value: load.toFixed(1) },
  ];
}

export default {
  name: 'exporters',
  async run() {
    const pages = await realPages();
    const server = await serve(pages);
    const rows = [];
    try {
      for (const count of counts) rows.push(...rowsOf(count, await measure(server, count)));
    } finally {
      server.close();
      server.closeAllConnections();
    }
    return rows;
  },
};
