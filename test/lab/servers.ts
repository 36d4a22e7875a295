// Real Prometheus, Alertmanager and Jaeger for tests: found on PATH or built from test/servers, started on
// free ports of 127.0.0.1, queried by small clients. APIs: prometheus.io/docs/prometheus/latest/querying/api
// and Jaeger's api_v3 (jaegertracing/jaeger-idl, proto/api_v3/query_service.proto).
import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { parse, stringify } from 'yaml';
import { AppError } from '../../src/catalog/errors.ts';
import { eventually, patienceMs } from './eventually.ts';
import { progress, testCache, withLock, withProgress } from './made-once.ts';
import { withFreePorts } from './ports.ts';
import { goOnPath, hostEnv, isExecutable, onPath, preparingEnv, scratch } from './toolchains.ts';

/** The binaries that many tests need, longest builds first. They are built before the tests begin. */
export const serverNames = ['jaeger', 'prometheus', 'promtool', 'alertmanager', 'amtool'] as const;
/** Binaries that a single test file needs. They are built on demand, while other files run. */
type RareServerName = 'peer' | 'collector' | 'kube-apiserver' | 'kube-apiserver-1.35' | 'kubectl' | 'etcd';
export type ServerName = (typeof serverNames)[number] | RareServerName;

interface ServerSource {
  /** The directory in test/servers whose go.mod pins the version. */
  readonly module: keyof typeof buildFlags;
  readonly package: string;
  /** Names of the executable on PATH: upstream's, then Debian's. */
  readonly pathNames: readonly string[];
  readonly versionArgs: readonly string[];
  /** The oldest version, [major, minor], that is used from PATH. */
  readonly minimum: readonly [number, number];
  /** Duration of a clean build on two cores, for the progress line. */
  readonly usually: string;
}

/** Build flags. The linker sets the version, since the module's own differs (3.16.0 is v0.316.0 there). */
const buildFlags = {
  // Without cloud discovery the build takes a third of the time; static and file discovery stay.
  prometheus: [
    '-tags=remove_all_sd',
    '-ldflags=-s -w -X github.com/prometheus/common/version.Version=3.16.0',
  ],
  alertmanager: ['-ldflags=-s -w -X github.com/prometheus/common/version.Version=0.34.2'],
  jaeger: ['-ldflags=-s -w'],
  kubernetes: ['-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.37.2'],
  'kubernetes-1.35': ['-ldflags=-s -w -X k8s.io/component-base/version.gitVersion=v1.35.4'],
  // Its Prometheus receiver is built without cloud discovery as well.
  collector: ['-tags=remove_all_sd', '-ldflags=-s -w'],
  peer: ['-ldflags=-s -w'],
} as const;

const sources: Readonly<Record<ServerName, ServerSource>> = {
  jaeger: {
    module: 'jaeger',
    package: 'github.com/jaegertracing/jaeger/cmd/jaeger',
    pathNames: ['jaeger'],
    versionArgs: ['version'],
    minimum: [2, 0],
    usually: '4 min',
  },
  prometheus: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/prometheus',
    pathNames: ['prometheus'],
    versionArgs: ['--version'],
    minimum: [3, 0],
    usually: '80 s',
  },
  promtool: {
    module: 'prometheus',
    package: 'github.com/prometheus/prometheus/cmd/promtool',
    pathNames: ['promtool'],
    versionArgs: ['--version'],
    minimum: [2, 53],
    usually: '40 s',
  },
  alertmanager: {
    module: 'alertmanager',
    package: 'github.com/prometheus/alertmanager/cmd/alertmanager',
    pathNames: ['alertmanager', 'prometheus-alertmanager'],
    versionArgs: ['--version'],
    minimum: [0, 32],
    usually: '25 s',
  },
  amtool: {
    module: 'alertmanager',
    package: 'github.com/prometheus/alertmanager/cmd/amtool',
    pathNames: ['amtool'],
    versionArgs: ['--version'],
    minimum: [0, 32],
    usually: '15 s',
  },
  'kube-apiserver': kubernetes('kubernetes', 'k8s.io/kubernetes/cmd/kube-apiserver', '5 min'),
  'kube-apiserver-1.35': kubernetes('kubernetes-1.35', 'k8s.io/kubernetes/cmd/kube-apiserver', '5 min'),
  kubectl: kubernetes('kubernetes', 'k8s.io/kubernetes/cmd/kubectl', '25 s'),
  etcd: kubernetes('kubernetes', 'go.etcd.io/etcd/server/v3', '10 s'),
  // The Collector of the components that deploy/fleet/collector.yml names (test/servers/collector/main.go): one on PATH may lack some, or be of another version.
  collector: {
    module: 'collector',
    package: '.',
    pathNames: [],
    versionArgs: [],
    minimum: [0, 0],
    usually: '4 min',
  },
  // An exporter of our own (test/servers/peer/main.go): none on PATH is one.
  peer: {
    module: 'peer',
    package: '.',
    pathNames: [],
    versionArgs: [],
    minimum: [0, 0],
    usually: '15 s',
  },
};

/** Parts of Kubernetes are always the pinned ones, since the tests hold for these minor versions. */
function kubernetes(module: 'kubernetes' | 'kubernetes-1.35', name: string, usually: string): ServerSource {
  return { module, package: name, pathNames: [], versionArgs: [], minimum: [0, 0], usually };
}

const found = new Map<ServerName, Promise<string>>();

/**
 * Returns the path of a binary: one on PATH if its version suffices, else the pinned one, built once into the
 * test cache. Processes that need it at the same time build it only once.
 */
export function ensureServer(name: ServerName): Promise<string> {
  let binary = found.get(name);
  if (binary === undefined) {
    binary = findOrBuild(name);
    found.set(name, binary);
    binary.catch(() => found.delete(name));
  }
  return binary;
}

async function findOrBuild(name: ServerName): Promise<string> {
  const source = sources[name];
  const installed = await installedServer(source);
  if (installed !== undefined) return installed;
  const folder = await buildFolder(source);
  const binary = join(folder, name);
  if (await isExecutable(binary)) return binary;
  return withLock(`server-${source.module}`, async () => {
    if (!(await isExecutable(binary))) await build(name, source, folder);
    return binary;
  });
}

async function installedServer(source: ServerSource): Promise<string | undefined> {
  for (const name of source.pathNames) {
    const path = await onPath(name);
    if (path === undefined) continue;
    const run = await execa(path, source.versionArgs, {
      all: true,
      reject: false,
      timeout: patienceMs,
      stdin: 'ignore',
    });
    if (isSufficient(run.all ?? '', source.minimum)) return path;
  }
  return undefined;
}

/**
 * Reports whether the version output of a server names at least `minimum`; a build without a version does
 * not.
 */
export function isSufficient(output: string, minimum: readonly [number, number]): boolean {
  const [, major, minor] = /version(?:"?[:=]"?|,? )v?(\d+)\.(\d+)/i.exec(output) ?? [];
  if (major === undefined || minor === undefined) return false;
  return Number(major) > minimum[0] || (Number(major) === minimum[0] && Number(minor) >= minimum[1]);
}

function moduleFolder(source: ServerSource): string {
  return fileURLToPath(new URL(`../servers/${source.module}`, import.meta.url));
}

/**
 * Returns the cache directory for this go.mod, go.sum, flags and platform, so that a changed pin finds no old
 * binary.
 */
async function buildFolder(source: ServerSource): Promise<string> {
  const { GOHOSTOS, GOHOSTARCH } = await hostEnv();
  const hash = createHash('sha256');
  const files = ['go.mod', 'go.sum', ...(source.package === '.' ? ['main.go'] : [])];
  for (const file of files) hash.update(await readFile(join(moduleFolder(source), file)));
  hash.update(JSON.stringify([buildFlags[source.module], GOHOSTOS, GOHOSTARCH]));
  return join(testCache(), `${source.module}-${hash.digest('hex').slice(0, 16)}`);
}

/** Builds without cgo, so that binaries are the same everywhere and no C compiler is needed. */
async function build(name: ServerName, source: ServerSource, folder: string): Promise<void> {
  progress(
    `building ${name} (tests need it, none on PATH is new enough; usually ${source.usually} the first time)`,
  );
  const started = performance.now();
  const { GOHOSTOS, GOHOSTARCH } = await hostEnv();
  await mkdir(folder, { recursive: true });
  const unfinished = join(folder, `.${name}.${process.pid}`);
  const completion = source.module === 'alertmanager' ? await completeAlertmanager(folder) : [];
  const flags = ['-trimpath', '-buildvcs=false', ...buildFlags[source.module], ...completion];
  const building = execa(await goOnPath(), ['build', '-v', ...flags, '-o', unfinished, source.package], {
    cwd: moduleFolder(source),
    env: { ...preparingEnv('auto'), CGO_ENABLED: '0', GOOS: GOHOSTOS, GOARCH: GOHOSTARCH },
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: 2 * 60 * 60_000,
  });
  const run = await withProgress(`building ${name}`, () => building, stageOf(building.stderr));
  if (run.exitCode !== 0) {
    const why = run.stderr?.trim().split('\n').slice(-3).join(' | ') || 'go build failed';
    throw new AppError(
      `cannot build ${name}`,
      why,
      `put a ${name} on PATH, or allow the proxy of \`go env GOPROXY\``,
    );
  }
  await rename(unfinished, join(folder, name));
  progress(`built ${name} in ${Math.round((performance.now() - started) / 1000)} s`);
}

/**
 * Follows the progress of `go build -v`, which prints a line for each module it fetches and each package it
 * compiles.
 */
function stageOf(said: Readable): () => string {
  let fetched = 0;
  let compiled = 0;
  createInterface({ input: said }).on('line', (line) => {
    if (line.startsWith('go: downloading ')) fetched++;
    else compiled++;
  });
  return () => `${fetched} modules fetched, ${compiled} packages compiled`;
}

/**
 * Returns flags that build Alertmanager from a copy of its module, verified by go.sum, with an empty page as
 * user interface: Alertmanager embeds a built one that is not part of the module (ui/web.go: `//go:embed
 * app/dist`).
 */
async function completeAlertmanager(folder: string): Promise<readonly string[]> {
  const cwd = moduleFolder(sources.alertmanager);
  const run = await execa(
    await goOnPath(),
    ['mod', 'download', '-json', 'github.com/prometheus/alertmanager'],
    {
      cwd,
      env: preparingEnv('auto'),
      extendEnv: false,
      stdin: 'ignore',
      timeout: 60 * 60_000,
    },
  );
  const { Dir: source } = JSON.parse(run.stdout) as { Dir: string };
  const copy = join(folder, 'alertmanager-module');
  await rm(copy, { recursive: true, force: true });
  await cp(source, copy, { recursive: true });
  // The copy is read-only, as the module cache is.
  await execa('chmod', ['-R', 'u+w', copy]);
  await mkdir(join(copy, 'ui/app/dist'));
  await writeFile(join(copy, 'ui/app/dist/index.html'), '<!doctype html><title>Alertmanager</title>\n');
  const modFile = join(folder, 'complete.mod');
  const goMod = await readFile(join(cwd, 'go.mod'), 'utf8');
  await writeFile(modFile, `${goMod}\nreplace github.com/prometheus/alertmanager => ${copy}\n`);
  await writeFile(join(folder, 'complete.sum'), await readFile(join(cwd, 'go.sum')));
  return [`-modfile=${modFile}`];
}

/** A running server, listening on 127.0.0.1 only. */
export interface RunningServer {
  /** The base URL of its HTTP API, without a trailing slash. */
  readonly url: string;
  /** All ports that it listens on, by purpose. */
  readonly ports: Readonly<Record<string, number>>;
  readonly pid: number;
  /** Returns its stdout and stderr, interleaved (the last 256 KiB). */
  output(): string;
  /** Sends SIGTERM, and SIGKILL after 5 s. Resolves when the process is gone; may be called again. */
  stop(): Promise<void>;
}

export interface Launch {
  readonly binary: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly url: string;
  readonly ports: Readonly<Record<string, number>>;
  /** The server is ready once all of these answer with 2xx, or satisfy `isReady`. */
  readonly readyUrls: readonly string[];
  readonly isReady?: (url: string) => Promise<boolean>;
}

const outputLimit = 256 * 1024;

/** Starts a server and waits until it is ready. On failure it is ended, and the error contains its output. */
export async function launch(plan: Launch): Promise<RunningServer> {
  const { server, hasEnded } = spawnServer(plan);
  try {
    await untilReady(plan, hasEnded);
    return server;
  } catch (error) {
    await server.stop();
    const why = error instanceof Error ? error.message : String(error);
    throw new AppError(
      `cannot start ${plan.binary}`,
      why,
      `read what it printed:\n${server.output().slice(-4000)}`,
    );
  }
}

function spawnServer(plan: Launch): { server: RunningServer; hasEnded: () => boolean } {
  const child = execa(plan.binary, plan.args, {
    cwd: plan.cwd,
    // Proxy variables and OTEL_* of the user who runs the tests must not reach the server.
    env: { HOME: plan.cwd, PATH: '/usr/bin:/bin', TMPDIR: plan.cwd },
    extendEnv: false,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    all: true,
    forceKillAfterDelay: 5_000,
  });
  let output = '';
  let ended = false;
  child.all.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-outputLimit);
  });
  const end = child.then((result) => {
    ended = true;
    if (child.pid === undefined) output += result.shortMessage ?? '';
  });
  const stop = async () => {
    if (!ended) child.kill('SIGTERM');
    await end;
  };
  const server = { url: plan.url, ports: plan.ports, pid: child.pid ?? -1, output: () => output, stop };
  return { server, hasEnded: () => ended };
}

async function untilReady(plan: Launch, hasEnded: () => boolean): Promise<void> {
  for (const url of plan.readyUrls)
    await eventually(`a 2xx from ${url}`, async () => hasEnded() || (await (plan.isReady ?? answersOk)(url)));
  // The answer may have come from another process on that port.
  if (hasEnded()) throw new Error('it ended');
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(10_000) });
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

async function getJson(url: string): Promise<{ status: number; body: unknown }> {
  const response = await fetch(url, { signal: AbortSignal.timeout(patienceMs) });
  const text = await response.text();
  try {
    return { status: response.status, body: JSON.parse(text) as unknown };
  } catch {
    throw new Error(`${url} answered ${response.status} with no JSON: ${text.slice(0, 300)}`);
  }
}

/** An element of an instant vector; a scalar has no labels. */
export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** An active alert, as /api/v1/alerts gives it. */
export interface PrometheusAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly state: 'pending' | 'firing';
  readonly activeAt: string;
  readonly value: string;
}

/** An active scrape target, as /api/v1/targets gives it. */
export interface ScrapeTarget {
  readonly labels: Readonly<Record<string, string>>;
  readonly scrapePool: string;
  readonly scrapeUrl: string;
  readonly lastError: string;
  readonly health: 'up' | 'down' | 'unknown';
}

/** The parts of Prometheus' HTTP API that tests read. */
export interface PrometheusClient {
  /** Runs an instant query. Throws Prometheus' own error for an invalid expression. */
  query(expr: string): Promise<Sample[]>;
  alerts(): Promise<PrometheusAlert[]>;
  targets(): Promise<ScrapeTarget[]>;
}

/** Creates a client for the Prometheus at `url`. */
export function prometheusClient(url: string): PrometheusClient {
  const get = async <T>(path: string): Promise<T> => {
    const { status, body } = await getJson(`${url}/api/v1/${path}`);
    const answer = body as { status: string; data: T; error?: string };
    if (answer.status !== 'success') throw new Error(`${path}: ${status} ${answer.error ?? ''}`);
    return answer.data;
  };
  return {
    query: async (expr) => samplesOf(await get<QueryData>(`query?${new URLSearchParams({ query: expr })}`)),
    alerts: async () => (await get<{ alerts: PrometheusAlert[] }>('alerts')).alerts,
    targets: async () => (await get<{ activeTargets: ScrapeTarget[] }>('targets?state=active')).activeTargets,
  };
}

type TimedValue = readonly [number, string];
type QueryData =
  | { resultType: 'vector'; result: { metric: Record<string, string>; value: TimedValue }[] }
  | { resultType: 'scalar'; result: TimedValue }
  | { resultType: 'matrix' | 'string'; result: unknown };

function samplesOf(data: QueryData): Sample[] {
  if (data.resultType === 'vector') {
    return data.result.map(({ metric, value }) => ({ labels: metric, value: sampleValue(value[1]) }));
  }
  if (data.resultType === 'scalar') return [{ labels: {}, value: sampleValue(data.result[1]) }];
  throw new Error(`an instant vector or a scalar was expected, not a ${data.resultType}`);
}

function sampleValue(text: string): number {
  return Number(text.replace('Inf', 'Infinity'));
}

/**
 * Starts a Prometheus for one test. `ruleFiles` are absolute paths, added to the `rule_files` of `config`
 * (YAML). An agent stores nothing and answers no query; a receiver accepts what agents write.
 */
export async function startPrometheus(options: {
  config: string;
  ruleFiles?: readonly string[];
  mode?: 'agent' | 'receiver';
  /** The query timeout, as Prometheus writes durations; two minutes by default. */
  queryTimeout?: string;
}): Promise<RunningServer & PrometheusClient> {
  const binary = await ensureServer('prometheus');
  const server = await withFreePorts(1, async ([http = 0]) => {
    const dir = scratch('prometheus');
    const url = `http://127.0.0.1:${http}`;
    const configFile = join(dir, 'prometheus.yml');
    await writeFile(configFile, withRuleFiles(options.config, options.ruleFiles ?? []));
    const args = [
      `--config.file=${configFile}`,
      ...(options.mode === 'agent' ? ['--agent'] : []),
      ...(options.mode === 'receiver' ? ['--web.enable-remote-write-receiver'] : []),
      `--storage.${options.mode === 'agent' ? 'agent' : 'tsdb'}.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${http}`,
      '--web.enable-lifecycle',
      ...(options.queryTimeout === undefined ? [] : [`--query.timeout=${options.queryTimeout}`]),
    ];
    return launch({ binary, args, cwd: dir, url, ports: { http }, readyUrls: [`${url}/-/ready`] });
  });
  return { ...server, ...prometheusClient(server.url) };
}

function withRuleFiles(config: string, ruleFiles: readonly string[]): string {
  if (ruleFiles.length === 0) return config;
  const document = (parse(config) ?? {}) as { rule_files?: string[] };
  return stringify({ ...document, rule_files: [...(document.rule_files ?? []), ...ruleFiles] });
}

/** Starts an Alertmanager for one test, without clustering. `config` is YAML. */
export async function startAlertmanager(options: { config: string }): Promise<RunningServer> {
  const binary = await ensureServer('alertmanager');
  return withFreePorts(1, async ([http = 0]) => {
    const dir = scratch('alertmanager');
    const url = `http://127.0.0.1:${http}`;
    const configFile = join(dir, 'alertmanager.yml');
    await writeFile(configFile, options.config);
    const args = [
      `--config.file=${configFile}`,
      `--storage.path=${join(dir, 'data')}`,
      `--web.listen-address=127.0.0.1:${http}`,
      '--cluster.listen-address=',
    ];
    return launch({ binary, args, cwd: dir, url, ports: { http }, readyUrls: [`${url}/-/ready`] });
  });
}

/** An OTLP value; the member that is present tells its type. */
export interface OtlpValue {
  readonly stringValue?: string;
  readonly boolValue?: boolean;
  /** A 64-bit integer, as a decimal string. */
  readonly intValue?: string;
  readonly doubleValue?: number;
  readonly arrayValue?: { readonly values?: readonly OtlpValue[] };
}

/** An attribute of a span, an event, a link or a resource. */
export interface OtlpAttribute {
  readonly key: string;
  readonly value: OtlpValue;
}

/**
 * A span in OTLP's JSON mapping: ids in hex, times in ns since the epoch; zero and empty members are left
 * out.
 */
export interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind?: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly OtlpAttribute[];
  readonly events?: readonly {
    readonly name: string;
    readonly timeUnixNano: string;
    readonly attributes?: readonly OtlpAttribute[];
  }[];
  readonly links?: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code?: number; readonly message?: string };
}

/** Spans by resource and scope (opentelemetry-proto, trace.proto). */
export interface ResourceSpans {
  readonly resource?: { readonly attributes?: readonly OtlpAttribute[] };
  readonly scopeSpans: readonly {
    readonly scope?: { readonly name?: string; readonly version?: string };
    /**
     * Absent if Jaeger received the same spans twice: it shows them once, beside an empty element (seen with
     * 2.13).
     */
    readonly spans?: readonly OtlpSpan[];
  }[];
}

/** Criteria of a trace search. Attributes are not among them, since Jaeger 2.13 ignores them here. */
export interface TraceQuery {
  readonly service: string;
  readonly operation?: string;
  /** Range of the span start; by default from an hour before to an hour after this call. */
  readonly from?: Date;
  readonly to?: Date;
  /** The most traces to return; default 100. */
  readonly limit?: number;
}

/** The parts of Jaeger's query API that tests read. */
export interface JaegerClient {
  /** Returns the trace with this id (32 hex digits), or undefined while Jaeger has none. */
  trace(id: string): Promise<ResourceSpans[] | undefined>;
  /** Returns the matching spans of all traces. */
  traces(query: TraceQuery): Promise<ResourceSpans[]>;
}

/** Returns all spans, in the given order. */
export function spansOf(resourceSpans: readonly ResourceSpans[]): OtlpSpan[] {
  return resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap(({ spans = [] }) => spans));
}

/** Creates a client for the api_v3 of the Jaeger whose query port is at `url`. */
export function jaegerClient(url: string): JaegerClient {
  const get = async (path: string): Promise<ResourceSpans[] | undefined> => {
    const { status, body } = await getJson(`${url}/api/v3/traces${path}`);
    if (status === 404) return undefined;
    const result = (body as { result?: { resourceSpans?: ResourceSpans[] } }).result;
    if (status !== 200 || result === undefined) {
      throw new Error(`/api/v3/traces${path}: ${status} ${JSON.stringify(body).slice(0, 300)}`);
    }
    return result.resourceSpans ?? [];
  };
  return {
    trace: (id) => get(`/${id}`),
    traces: async (query) => (await get(`?${traceParameters(query)}`)) ?? [],
  };
}

const hourMs = 3_600_000;

function traceParameters(query: TraceQuery): URLSearchParams {
  const depth = String(query.limit ?? 100);
  const wanted = {
    serviceName: query.service,
    operationName: query.operation,
    startTimeMin: (query.from ?? new Date(Date.now() - hourMs)).toISOString(),
    startTimeMax: (query.to ?? new Date(Date.now() + hourMs)).toISOString(),
    searchDepth: depth,
    // The name of the limit in 2.13; without it Jaeger assumes zero and refuses the search.
    numTraces: depth,
  };
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(wanted)) {
    if (value === undefined) continue;
    // Jaeger before 2.20 accepts only the second spelling.
    parameters.set(`query.${name}`, value);
    parameters.set(`query.${name.replace(/[A-Z]/g, (capital) => `_${capital.toLowerCase()}`)}`, value);
  }
  return parameters;
}

/**
 * Starts a Jaeger for one test, with memory storage. `ports`: `otlpHttp`, `otlpGrpc`, `query` (`url` points
 * there), `queryGrpc`, `health`. Spans are searchable as soon as the OTLP request is answered.
 */
export async function startJaeger(): Promise<RunningServer & JaegerClient & { ports: JaegerPorts }> {
  const binary = await ensureServer('jaeger');
  return withFreePorts(5, async ([otlpHttp = 0, otlpGrpc = 0, query = 0, queryGrpc = 0, health = 0]) => {
    const dir = scratch('jaeger');
    const ports = { otlpHttp, otlpGrpc, query, queryGrpc, health };
    const configFile = join(dir, 'jaeger.yml');
    await writeFile(configFile, stringify(jaegerConfig(ports)));
    const url = `http://127.0.0.1:${query}`;
    const readyUrls = [`http://127.0.0.1:${health}/status`, `${url}/api/v3/services`];
    const args = [`--config=file:${configFile}`];
    const server = await launch({ binary, args, cwd: dir, url, ports, readyUrls });
    return { ...server, ports, ...jaegerClient(url) };
  });
}

/** The ports of a Jaeger that `startJaeger` started. */
export type JaegerPorts = Readonly<
  Record<'otlpHttp' | 'otlpGrpc' | 'query' | 'queryGrpc' | 'health', number>
>;

/** Jaeger's all-in-one configuration without unused parts, with given ports and without batching. */
function jaegerConfig(ports: JaegerPorts): object {
  const at = (port: number) => ({ endpoint: `127.0.0.1:${port}` });
  return {
    service: {
      extensions: ['jaeger_storage', 'jaeger_query', 'healthcheckv2'],
      pipelines: { traces: { receivers: ['otlp'], exporters: ['jaeger_storage_exporter'] } },
      telemetry: { metrics: { level: 'none' }, logs: { level: 'info' } },
    },
    extensions: {
      jaeger_storage: { backends: { memory: { memory: { max_traces: 10_000 } } } },
      jaeger_query: { storage: { traces: 'memory' }, http: at(ports.query), grpc: at(ports.queryGrpc) },
      healthcheckv2: { use_v2: true, http: at(ports.health) },
    },
    receivers: { otlp: { protocols: { grpc: at(ports.otlpGrpc), http: at(ports.otlpHttp) } } },
    exporters: { jaeger_storage_exporter: { trace_storage: 'memory' } },
  };
}
