/**
 * The whole alert chain with the shipped configurations: exporter, Prometheus, Alertmanager and inbox. Only
 * addresses and paths of secrets are replaced, and on request the intervals, so that a test need not wait for
 * the shipped ones.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parse, stringify } from 'yaml';
import { type Exporter, eventually, godrift, makeWorld, startExporter, type World } from './godrift.ts';
import { type Inbox, secrets, startInbox } from './inbox.ts';
import { replaceFile } from './replace-file.ts';
import { type PrometheusClient, type RunningServer, startAlertmanager, startPrometheus } from './servers.ts';
import { scratch, type Toolchain } from './toolchains.ts';

const shipped = join(import.meta.dirname, '../../prometheus');

interface RouteConfig {
  group_wait?: string;
  group_interval?: string;
  readonly routes?: RouteConfig[];
}

/**
 * Returns the shipped alertmanager.yml with all receivers sending to `inbox`. `seconds` replaces its waits.
 * Requests to godrift go to `remediation`, by default the inbox as well.
 */
export function alertmanagerConfig(inbox: string, seconds?: number, remediation = inbox): string {
  const folder = scratch('secrets');
  const files = {
    ...secrets,
    'slack-url': `${inbox}/slack`,
    'wecom-robot-url': `${inbox}/cgi-bin/webhook/send?key=${secrets['wecom-key']}`,
    'webhook-url': `${inbox}/webhook`,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), `${text}\n`);
  const text = readFileSync(join(shipped, 'alertmanager.yml'), 'utf8')
    .replaceAll('/etc/alertmanager/secrets', folder)
    .replace('http://127.0.0.1:9465', remediation);
  const config = parse(text) as { templates: string[]; route: RouteConfig };
  const wait = (route: RouteConfig) => {
    if (seconds === undefined) return;
    if (route.group_wait !== undefined && route.group_wait !== '0s') route.group_wait = `${seconds}s`;
    if (route.group_interval !== undefined) route.group_interval = `${seconds}s`;
    route.routes?.forEach(wait);
  };
  wait(config.route);
  return stringify({
    ...config,
    global: { pagerduty_url: `${inbox}/v2/enqueue`, wechat_api_url: `${inbox}/cgi-bin/` },
    templates: config.templates.map((glob) => join(shipped, glob)),
  });
}

/**
 * Returns the shipped prometheus.yml for an exporter and an Alertmanager; `seconds` replaces its intervals.
 */
export function prometheusConfig(exporterPort: number, alertmanagerUrl: string, seconds?: number): string {
  const config = parse(
    readFileSync(join(shipped, 'prometheus.yml'), 'utf8')
      .replace('localhost:9464', `127.0.0.1:${exporterPort}`)
      .replace('localhost:9093', new URL(alertmanagerUrl).host),
  ) as { global: object; rule_files: string[] };
  const every = `${seconds}s`;
  return stringify({
    ...config,
    ...(seconds === undefined
      ? {}
      : { global: { scrape_interval: every, scrape_timeout: every, evaluation_interval: every } }),
    rule_files: config.rule_files.map((file) => join(shipped, file)),
  });
}

export interface Chain {
  readonly inbox: Inbox;
  readonly alertmanager: RunningServer;
  readonly prometheus: RunningServer & PrometheusClient;
  stop(): Promise<void>;
}

/**
 * Starts Prometheus, Alertmanager and the inbox behind an exporter. `seconds` replaces the shipped intervals;
 * `remediation` is that of {@link alertmanagerConfig}.
 */
export async function startChain(exporter: Exporter, seconds?: number, remediation?: string): Promise<Chain> {
  const inbox = await startInbox();
  const alertmanager = await startAlertmanager({
    config: alertmanagerConfig(inbox.url, seconds, remediation),
  });
  const prometheus = await startPrometheus({
    config: prometheusConfig(exporter.port, alertmanager.url, seconds),
  });
  const stop = async () => {
    await Promise.all([prometheus.stop(), alertmanager.stop()]);
    await inbox.stop();
  };
  await eventually(
    'Prometheus to know every facet',
    async () => (await prometheus.query('target_facet:godrift_drift_level:held')).length > 0,
  );
  return { inbox, alertmanager, prometheus, stop };
}

/** A workspace with an accepted baseline, whose GOENV file a test may edit. */
export interface DriftingWorld {
  readonly world: World;
  readonly exporter: Exporter;
  /**
   * Writes a line into GOENV, by default CGO_ENABLED=0, a minor drift of facet env. Returns when, ms since
   * the epoch.
   */
  drift(line?: string): number;
  /** Empties GOENV. Returns when, ms since the epoch. */
  heal(): number;
}

/** Starts an exporter over such a workspace, with the given or the default interval. */
export async function startDriftingWorld(toolchain: Toolchain, interval?: string): Promise<DriftingWorld> {
  const world = makeWorld(toolchain);
  const goenv = join(world.home, '.config/go/env');
  mkdirSync(dirname(goenv), { recursive: true });
  const write = (text: string) => {
    replaceFile(goenv, text);
    return Date.now();
  };
  write('');
  const accepted = await godrift(world, ['baseline', 'accept', '--reason', 'before the drift']);
  if (accepted.exitCode !== 0) throw new Error(accepted.stderr);
  const exporter = await startExporter(world, interval === undefined ? [] : ['--interval', interval]);
  return { world, exporter, drift: (line = 'CGO_ENABLED=0') => write(`${line}\n`), heal: () => write('') };
}

/** Times of one drift and its end, in ms from the change of the file to the message at each service. */
export interface Round {
  readonly fired: Readonly<Record<string, number>>;
  readonly resolved: Readonly<Record<string, number>>;
}

export const told = ['slack', 'wecom-application', 'wecom-robot', 'webhook'] as const;

/**
 * Sends one drift and its end through the chain, and waits until every first-tier service has received both.
 */
export async function round(drifting: DriftingWorld, { inbox }: Chain): Promise<Round> {
  const arrivals = (since: number, resolved: boolean) =>
    eventually(resolved ? 'the end at each service' : 'the drift at each service', async () => {
      const first = told.map((service) =>
        inbox.of(service).find((message) => message.at >= since && message.resolved === resolved),
      );
      if (first.includes(undefined)) return undefined;
      return Object.fromEntries(told.map((service, index) => [service, (first[index]?.at ?? since) - since]));
    });
  return { fired: await arrivals(drifting.drift(), false), resolved: await arrivals(drifting.heal(), true) };
}
