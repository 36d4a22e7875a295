/**
 * The shipped configurations of Prometheus and Alertmanager, for another place: addresses, receivers and intervals change,
 * rules, routes, inhibitions and templates stay as they are. Pure: text in, text out.
 */
import { parse, stringify } from 'yaml';

/** Where the demo's servers find each other. */
export interface Addresses {
  /** `host:port` each. */
  readonly exporter: string;
  readonly alertmanager: string;
  /** Base URL of the receiver that stands for Slack, PagerDuty and all others. */
  readonly sink: string;
  /** Folder with a slash at the end where the files lie that the configuration names relatively; `''` leaves them relative. */
  readonly base: string;
  /** Seconds between two scrapes, two evaluations, two notifications of a group. */
  readonly seconds: number;
}

type Yaml = Record<string, unknown>;
const isObject = (value: unknown): value is Yaml =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const objects = (value: unknown): Yaml[] => (Array.isArray(value) ? value.filter(isObject) : []);

/** prometheus.yml with the demo's addresses. */
export function adaptPrometheus(text: string, addresses: Addresses): string {
  const config = parse(text) as Yaml;
  const interval = `${addresses.seconds}s`;
  return stringify({
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

/** Where each kind of receiver is told its address; kinds that are not here are left out, so that nothing leaves the machine. */
const addressKeys: Readonly<Record<string, string>> = {
  webhook_configs: 'url',
  slack_configs: 'api_url',
  pagerduty_configs: 'url',
  wechat_configs: 'api_url',
};

/** A value without files of secrets: `routing_key_file: …` becomes `routing_key: demo`. */
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
    const path = kind.replace('_configs', '');
    // WeCom's address is a prefix that `gettoken` and `message/send` are appended to.
    const url = `${sink}/${path}${kind === 'wechat_configs' ? '/' : ''}`;
    adapted[kind] = configs.map((config) => ({ ...(withoutSecrets(config) as Yaml), [key]: url }));
  }
  return adapted;
}

function adaptRoute(route: Yaml, seconds: number): Yaml {
  const faster = Object.fromEntries(
    ['group_wait', 'group_interval'].filter((key) => key in route).map((key) => [key, `${seconds}s`]),
  );
  return {
    ...route,
    ...faster,
    ...('routes' in route
      ? { routes: objects(route['routes']).map((inner) => adaptRoute(inner, seconds)) }
      : {}),
  };
}

/** alertmanager.yml with every receiver pointing to the sink. */
export function adaptAlertmanager(text: string, addresses: Addresses): string {
  const config = parse(text) as Yaml;
  const global = Object.fromEntries(
    Object.entries((withoutSecrets(config['global'] ?? {}) ?? {}) as Yaml).filter(
      ([key]) => !key.endsWith('_url'),
    ),
  );
  const { group_wait: _, group_interval: __, ...root } = config['route'] as Yaml;
  return stringify({
    ...config,
    global,
    templates: ((config['templates'] ?? []) as string[]).map((file) => `${addresses.base}${file}`),
    route: adaptRoute({ group_wait: '', group_interval: '', ...root }, addresses.seconds),
    receivers: objects(config['receivers']).map((receiver) => adaptReceiver(receiver, addresses.sink)),
  });
}
