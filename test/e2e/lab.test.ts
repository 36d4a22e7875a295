// The test laboratory itself: the servers and toolchains that other tests rely on start, answer and stop.
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, describe, expect, it } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { godrift, makeWorld, startExporter } from '../lab/godrift.ts';
import { freePorts, withFreePorts } from '../lab/ports.ts';
import {
  ensureServer,
  isSufficient,
  type RunningServer,
  spansOf,
  startAlertmanager,
  startJaeger,
  startPrometheus,
} from '../lab/servers.ts';
import {
  cloneToolchain,
  ensureToolchain,
  isAlive,
  runGo,
  scratch,
  toolchainVersions,
} from '../lab/toolchains.ts';

const running: RunningServer[] = [];

function keep<T extends RunningServer>(server: T): T {
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.splice(0).map((server) => server.stop()));
});

async function expectGone(server: RunningServer): Promise<void> {
  await server.stop();
  await server.stop();
  expect(isAlive(server.pid)).toBe(false);
  await expect(fetch(server.url)).rejects.toThrow();
}

const alertmanagerConfig = 'route: { receiver: none }\nreceivers: [{ name: none }]\n';

describe('Prometheus', () => {
  it('scrapes, evaluates rules, answers queries and stops', async () => {
    const rules = join(scratch('rules'), 'always.yml');
    await writeFile(rules, 'groups: [{ name: g, rules: [{ alert: Always, expr: vector(1) }] }]\n');
    const prometheus = keep(await startPrometheus({ config: selfScrape(), ruleFiles: [rules] }));

    expect(await prometheus.query('vector(2)')).toEqual([{ labels: {}, value: 2 }]);
    expect(await prometheus.query('scalar(vector(3))')).toEqual([{ labels: {}, value: 3 }]);
    expect(await prometheus.query('vector(1) / 0')).toEqual([
      { labels: {}, value: Number.POSITIVE_INFINITY },
    ]);
    await expect(prometheus.query('rate(')).rejects.toThrow(/parse error/);
    const alert = await eventually('the alert', async () => (await prometheus.alerts())[0]);
    expect(alert).toMatchObject({ state: 'firing', labels: { alertname: 'Always' } });
    const target = await eventually('the target', async () =>
      (await prometheus.targets()).find(({ health }) => health === 'down'),
    );
    expect(target.scrapePool).toBe('nobody');
    expect(prometheus.output()).toContain('Server is ready');
    await expectGone(prometheus);
  });

  it('fails to start with its own error message if the configuration is invalid', async () => {
    await expect(startPrometheus({ config: 'no_such_key: 1\n' })).rejects.toThrow(/no_such_key/);
  });

  it('comes with a promtool that checks and tests rules', async () => {
    const dir = scratch('promtool');
    const rules = join(dir, 'rules.yml');
    await writeFile(rules, 'groups: [{ name: g, rules: [{ record: two, expr: vector(2) }] }]\n');
    const tests = join(dir, 'tests.yml');
    await writeFile(tests, ruleTest('two', 2));
    const wrong = join(dir, 'wrong.yml');
    await writeFile(wrong, ruleTest('two', 3));
    const promtool = await ensureServer('promtool');
    expect((await execa(promtool, ['check', 'rules', rules])).stdout).toContain('SUCCESS: 1 rules found');
    expect((await execa(promtool, ['test', 'rules', tests])).exitCode).toBe(0);
    expect((await execa(promtool, ['test', 'rules', wrong], { reject: false })).exitCode).toBe(1);
  });
});

/** Scrapes a port without a listener, so that the target is known and down. */
function selfScrape(): string {
  return [
    'global: { scrape_interval: 1s, evaluation_interval: 1s }',
    'scrape_configs: [{ job_name: nobody, static_configs: [{ targets: ["127.0.0.1:1"] }] }]',
    '',
  ].join('\n');
}

function ruleTest(expr: string, value: number): string {
  const expected = `{ expr: ${expr}, eval_time: 1m, exp_samples: [{ labels: ${expr}, value: ${value} }] }`;
  return `rule_files: [rules.yml]\ntests: [{ interval: 1m, promql_expr_test: [${expected}] }]\n`;
}

describe('Alertmanager', () => {
  it('accepts an alert, returns it and stops', async () => {
    const alertmanager = keep(await startAlertmanager({ config: alertmanagerConfig }));
    const posted = await fetch(`${alertmanager.url}/api/v2/alerts`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify([{ labels: { alertname: 'Lab' } }]),
    });
    expect(posted.status).toBe(200);
    const alert = await eventually('the alert', async () => {
      const alerts = await (await fetch(`${alertmanager.url}/api/v2/alerts`)).json();
      return (alerts as { labels: object }[])[0];
    });
    expect(alert.labels).toEqual({ alertname: 'Lab' });
    await expectGone(alertmanager);
  });

  it('comes with an amtool that checks configurations', async () => {
    const file = join(scratch('amtool'), 'alertmanager.yml');
    await writeFile(file, alertmanagerConfig);
    expect((await execa(await ensureServer('amtool'), ['check-config', file])).stdout).toContain('SUCCESS');
  });
});

describe('Jaeger', () => {
  it('finds a span posted as OTLP JSON, with two servers side by side', async () => {
    const [one, two] = await Promise.all([startJaeger(), startJaeger()]);
    keep(one);
    keep(two);
    expect(new Set([...Object.values(one.ports), ...Object.values(two.ports)]).size).toBe(10);
    const traceId = '0af7651916cd43dd8448eb211c80319c';
    expect(await one.trace(traceId)).toBeUndefined();
    await postSpan(one.ports.otlpHttp, traceId);

    const spans = spansOf(await eventually('the trace', () => one.trace(traceId)));
    expect(spans).toMatchObject([{ traceId, spanId: 'b7ad6b7169203331', name: 'detect drift' }]);
    expect(spans[0]?.attributes).toContainEqual({ key: 'godrift.facet', value: { stringValue: 'env' } });
    expect(spansOf(await one.traces({ service: 'lab' }))).toHaveLength(1);
    expect(await one.traces({ service: 'another' })).toEqual([]);
    expect(await two.trace(traceId)).toBeUndefined();
    await expectGone(one);
    await expectGone(two);
  });
});

async function postSpan(port: number, traceId: string): Promise<void> {
  const nanos = (ms: number) => `${ms}000000`;
  const span = {
    traceId,
    spanId: 'b7ad6b7169203331',
    name: 'detect drift',
    kind: 1,
    startTimeUnixNano: nanos(Date.now() - 5),
    endTimeUnixNano: nanos(Date.now()),
    attributes: [{ key: 'godrift.facet', value: { stringValue: 'env' } }],
  };
  const resource = { attributes: [{ key: 'service.name', value: { stringValue: 'lab' } }] };
  const response = await fetch(`http://127.0.0.1:${port}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ resourceSpans: [{ resource, scopeSpans: [{ scope: {}, spans: [span] }] }] }),
  });
  expect(response.status).toBe(200);
}

describe('versions on PATH', () => {
  it.each([
    ['prometheus, version 3.5.3+ds (branch: debian/sid)', [3, 0], true],
    ['promtool, version 2.42.0', [2, 53], false],
    ['alertmanager, version 0.28.1', [0, 28], true],
    ['prometheus, version  (branch: , revision: unknown)', [3, 0], false],
    ['{"gitCommit":"x","gitVersion":"v2.13.0","buildDate":"y"}', [2, 0], true],
    ['{"gitCommit":"x","gitVersion":"v1.76.0","buildDate":"y"}', [2, 0], false],
  ] as const)('compares a version with a minimum: %s', (output, minimum, sufficient) => {
    expect(isSufficient(output, minimum)).toBe(sufficient);
  });
});

describe('toolchains', () => {
  it.each(toolchainVersions)('go%s runs and prints its version', async (version) => {
    const toolchain = await ensureToolchain(version);
    const run = await runGo(toolchain, ['version'], { env: { GOTOOLCHAIN: 'local' } });
    expect(run).toEqual({
      stdout: expect.stringContaining(`go version go${version} `),
      stderr: '',
      exitCode: 0,
    });
  });

  it('do not inherit the environment of the tests, and leave no telemetry', async () => {
    const home = scratch('home');
    process.env['GOFLAGS'] = '-mod=vendor';
    const names = ['GOFLAGS', 'GOPROXY', 'GOPATH'];
    try {
      const run = await runGo(await ensureToolchain('1.27.4'), ['env', '-json', ...names], {
        env: { HOME: home },
      });
      expect(JSON.parse(run.stdout)).toEqual({ GOFLAGS: '', GOPROXY: 'off', GOPATH: join(home, 'go') });
      expect(existsSync(join(home, '.config'))).toBe(false);
    } finally {
      delete process.env['GOFLAGS'];
    }
  });

  it('report a failing go by its exit code, without an exception', async () => {
    const run = await runGo(await ensureToolchain('1.26.0'), ['no-such-command']);
    expect(run).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('unknown command') });
  });

  it('can be cloned, and changes to the clone do not affect the original', async () => {
    const original = await ensureToolchain('1.26.0');
    const before = readFileSync(join(original.goroot, 'go.env'), 'utf8');
    const { ctimeMs } = statSync(original.go);
    const clone = await cloneToolchain('1.26.0', join(scratch('clone'), 'go'), { own: ['go.env'] });
    await writeFile(join(clone.goroot, 'go.env'), 'GOFLAGS=-mod=mod\n');
    await writeFile(join(clone.goroot, 'added'), '');

    const { stdout } = await runGo(clone, ['env', 'GOROOT', 'GOFLAGS'], { env: { GOTOOLCHAIN: 'local' } });
    expect(stdout).toBe(`${clone.goroot}\n-mod=mod\n`);
    expect(readFileSync(join(original.goroot, 'go.env'), 'utf8')).toBe(before);
    expect(existsSync(join(original.goroot, 'added'))).toBe(false);
    expect(statSync(join(clone.goroot, 'go.env')).ino).not.toBe(
      statSync(join(original.goroot, 'go.env')).ino,
    );
    // A hard link would change the ctime of the file, which digests by stamps depend on.
    expect(statSync(original.go).ctimeMs).toBe(ctimeMs);
  });

  it('are known to exporters in advance, so that their files are not all read', async () => {
    const world = makeWorld(await ensureToolchain('1.27.4'));
    const exporter = await startExporter(world, ['--interval', '200ms']);
    try {
      const list = join(world.state, 'toolchains', readdirSync(join(world.state, 'toolchains'))[0] ?? '');
      const { ino } = statSync(list);
      await eventually('a baseline', async () =>
        /^godrift_baseline_info\{.*kind="learned"/m.test(await exporter.metrics()),
      );
      // Otherwise the list would have been rewritten.
      expect(statSync(list).ino).toBe(ino);
      expect(readFileSync(list, 'latin1')).toContain('bin/go');
    } finally {
      await exporter.stop();
    }
  });

  it('are digested by a snapshot, which leaves no state behind', async () => {
    const world = makeWorld(await ensureToolchain('1.27.4'));
    const { stdout } = await godrift(world, ['snapshot']);
    expect(stdout).toMatch(/^toolchain\.digest=sha256:/m);
    expect(existsSync(world.state)).toBe(false);
  });
});

describe('ports', () => {
  it('are distinct', async () => {
    expect(new Set(await freePorts(20)).size).toBe(20);
  });

  it('are chosen again if another process takes one first, at most three times', async () => {
    let tries = 0;
    const lose = (times: number) => async () => {
      tries++;
      if (tries <= times) throw new Error('listen tcp: bind: address already in use');
      return 'up';
    };
    expect(await withFreePorts(1, lose(2))).toBe('up');
    tries = 0;
    await expect(withFreePorts(1, lose(9))).rejects.toThrow('already in use');
    expect(tries).toBe(3);
  });
});
