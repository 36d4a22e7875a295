/**
 * Adapts the shipped configurations of Prometheus and Alertmanager to other addresses. Addresses, receivers
 * and intervals change; rules, routes, inhibitions and templates stay. Pure: text in, text out.
 */
import { parse, stringify } from 'yaml';

/** The addresses at which the demo's servers find each other. */
export interface Addresses {
  /** `host:port`, as is `alertmanager`. */
  readonly exporter: string;
  readonly alertmanager: string;
  /** Base URL of the receiver that replaces Slack, PagerDuty and all others. */
  readonly sink: string;
  /**
   * Prefix for relative file names in the configuration, with a trailing slash; `''` leaves them relative.
   */
  readonly base: string;
  /** Seconds between two scrapes, two evaluations, two notifications of a group. */
  readonly seconds: number;
}

type Yaml = Record<string, unknown>;
const isObject = (value: unknown): value is Yaml =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): Yaml[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** Writes YAML without folding, so that a matcher or a template stays on one line. */
const write = (config: Yaml) => stringify(config, { lineWidth: 0 });

/** Returns prometheus.yml with the demo's addresses and interval. */
export function adaptPrometheus(text: string, addresses: Addresses): string {
  const config = parse(text) as Yaml;
  const interval = `${addresses.seconds}s`;
  return write({
    ...config,
    global: {
      ...(config['global'] as Yaml),
      scrape_interval: interval,
      scrape_timeout: interval,
      evaluation_interval: interval,
    },
    rule_files: (config['rule_files'] as string[]).map((file) => `${addresses.base}${file}`),
    alerting: { alertmanagers: [{ static_configs: [{ targets: [addresses.alertmanager] }] }] },
    scrape_configs: objects(config['scrape_configs']).map((job) => ({
      ...job,
      static_configs: [{ targets: [addresses.exporter] }],
    })),
  });
}

/**
 * The address key of each kind of receiver. Other kinds are left out, so that no message leaves the machine.
 */
const addressKeys: Readonly<Record<string, string>> = {
  webhook_configs: 'url',
  slack_configs: 'api_url',
  pagerduty_configs: 'url',
  wechat_configs: 'api_url',
};

/** Replaces references to secret files by a literal: `routing_key_file: …` → `routing_key: demo`. */
function withoutSecrets(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutSecrets);
  if (!isObject(value)) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, inner]) =>
      key.endsWith('_file') ? [key.slice(0, -'_file'.length), 'demo'] : [key, withoutSecrets(inner)],
    ),
  );
}

function adaptReceiver(receiver: Yaml, sink: string): Yaml {
  const adapted: Yaml = { name: receiver['name'] };
  for (const [kind, key] of Object.entries(addressKeys)) {
    const configs = objects(receiver[kind]);
    if (configs.length === 0) continue;
    // WeCom's address is a prefix that `gettoken` and `message/send` are appended to.
    const url = `${sink}/${receiver['name']}/${kind.replace('_configs', '')}${kind === 'wechat_configs' ? '/' : ''}`;
    adapted[kind] = configs.map((config) => ({ ...(withoutSecrets(config) as Yaml), [key]: url }));
  }
  return adapted;
}

/** Shortens the waits of a route and its children; a wait of zero stays. */
function adaptRoute(route: Yaml, seconds: number): Yaml {
  const faster = Object.fromEntries(
    ['group_wait', 'group_interval']
      .filter((key) => key in route && route[key] !== '0s')
      .map((key) => [key, `${seconds}s`]),
  );
  const inner =
    'routes' in route ? { routes: objects(route['routes']).map((one) => adaptRoute(one, seconds)) } : {};
  return { ...route, ...faster, ...inner };
}

/** Returns alertmanager.yml with every receiver sending to the sink. */
export function adaptAlertmanager(text: string, addresses: Addresses): string {
  const config = parse(text) as Yaml;
  const global = Object.fromEntries(
    Object.entries((withoutSecrets(config['global'] ?? {}) ?? {}) as Yaml).filter(
      ([key]) => !key.endsWith('_url'),
    ),
  );
  // Alertmanager's own defaults are those of a pager: 30 s and 5 min.
  const route: Yaml = { group_wait: '30s', group_interval: '5m', ...(config['route'] as Yaml) };
  return write({
    ...config,
    global,
    templates: ((config['templates'] ?? []) as string[]).map((file) => `${addresses.base}${file}`),
    route: adaptRoute(route, addresses.seconds),
    receivers: objects(config['receivers']).map((receiver) => adaptReceiver(receiver, addresses.sink)),
  });
}

/** The addresses of the services in docker-compose.yml. */
const compose: Addresses = {
  exporter: 'exporter:9464',
  alertmanager: 'alertmanager:9093',
  sink: 'http://sink:9099',
  base: '',
  seconds: 5,
};

/**
 * Returns the files in demo/ that docker-compose.yml mounts, made from the shipped ones; `npm run docs`
 * writes them.
 */
export function composeFiles(shipped: {
  readonly prometheus: string;
  readonly alertmanager: string;
}): Readonly<Record<'demo/prometheus.yml' | 'demo/alertmanager.yml', string>> {
  const made = (name: string) =>
    `# Made by \`npm run docs\` from prometheus/${name} for docker-compose.yml. Change that, not this file.\n`;
  return {
    'demo/prometheus.yml': `${made('prometheus.yml')}${adaptPrometheus(shipped.prometheus, compose)}`,
    'demo/alertmanager.yml': `${made('alertmanager.yml')}${adaptAlertmanager(shipped.alertmanager, compose)}`,
  };
}
