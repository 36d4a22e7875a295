/**
 * Converts the shipped rules and routes to resources of the Prometheus Operator. Secret files become keys of
 * the Secret godrift-alerting, and templates become a ConfigMap that the Alertmanager mounts.
 * docs/kubernetes.md lists what an AlertmanagerConfig cannot hold and is left out.
 */
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';

const prometheus = path.join(import.meta.dirname, '../../prometheus');
const labels = { 'app.kubernetes.io/name': 'godrift' };

const read = (name: string) => readFileSync(path.join(prometheus, name), 'utf8');

/** Converts a rule file to a PrometheusRule of the same name. */
export function prometheusRule(file: string): object {
  return {
    apiVersion: 'monitoring.coreos.com/v1',
    kind: 'PrometheusRule',
    metadata: { name: path.basename(file, '.yml'), labels: { ...labels, role: 'alert-rules' } },
    spec: parse(read(`rules/${file}`)) as object,
  };
}

interface Route {
  readonly receiver: string;
  readonly matchers?: readonly string[];
  readonly routes?: readonly Route[];
  readonly group_by?: readonly string[];
  readonly group_wait?: string;
  readonly group_interval?: string;
  readonly repeat_interval?: string;
  readonly continue?: boolean;
}
interface Inhibition {
  readonly source_matchers: readonly string[];
  readonly target_matchers: readonly string[];
  readonly equal: readonly string[];
}
interface Receiver {
  readonly name: string;
  readonly [kind: `${string}_configs`]: readonly Record<string, unknown>[];
}
interface Routing {
  readonly route: Route;
  readonly inhibit_rules: readonly Inhibition[];
  readonly receivers: readonly Receiver[];
}

/**
 * Splits a matcher, `name=~"value"`, into the fields of the operator's type. Throws if it is not a matcher.
 */
export function matcher(text: string): { name: string; matchType: string; value: string } {
  const [, name = '', matchType = '', value] = /^(\w+)(=~|!~|!=|=)"(.*)"$/.exec(text) ?? [];
  if (value === undefined) throw new Error(`no matcher: ${text}`);
  return { name, matchType, value };
}

const camel = (name: string) => name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());

/** The receiver that is left out: the exporters poll the Alertmanager, so that nothing is sent to godrift. */
const leftOut = 'remediation';

function routeOf({ matchers, routes, ...rest }: Route): Record<string, unknown> {
  const plain = Object.fromEntries(Object.entries(rest).map(([key, value]) => [camel(key), value]));
  return {
    ...plain,
    ...(matchers === undefined ? {} : { matchers: matchers.map(matcher) }),
    ...(routes === undefined
      ? {}
      : { routes: routes.filter(({ receiver }) => receiver !== leftOut).map(routeOf) }),
  };
}

/** Converts a secret file to a key of the Secret, named like the file. */
const secretOf = (file: unknown) => ({ name: 'godrift-alerting', key: path.basename(String(file)) });

/**
 * Converters for settings whose name or form differs from plain camel case. An empty object leaves the
 * setting out.
 */
const special: Readonly<Record<string, (value: never) => Record<string, unknown>>> = {
  url_file: (file) => ({ urlSecret: secretOf(file) }),
  api_url_file: (file) => ({ apiURL: secretOf(file) }),
  api_secret_file: (file) => ({ apiSecret: secretOf(file) }),
  routing_key_file: (file) => ({ routingKey: secretOf(file) }),
  // Versions of the operator differ in where they support a timeout; the default is one minute.
  timeout: () => ({}),
  corp_id: (id) => ({ corpID: id }),
  agent_id: (id) => ({ agentID: id }),
  client_url: (url) => ({ clientURL: url }),
  details: (details: Record<string, string>) => ({
    details: Object.entries(details).map(([key, value]) => ({ key, value })),
  }),
  links: (links: readonly { readonly href: string; readonly text: string }[]) => ({
    pagerDutyLinkConfigs: links.map(({ href, text }) => ({ href, alt: text })),
  }),
  http_config: ({
    follow_redirects: followRedirects,
    authorization,
  }: {
    readonly follow_redirects: boolean;
    readonly authorization: Readonly<Record<string, string>>;
  }) => ({
    httpConfig: {
      followRedirects,
      authorization: { credentials: secretOf(authorization['credentials_file']) },
    },
  }),
};

function settings(config: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.assign(
    {},
    ...Object.entries(config).map(
      ([key, value]) => special[key]?.(value as never) ?? { [camel(key)]: value },
    ),
  );
}

function receiverOf({ name, ...kinds }: Receiver): Record<string, unknown> {
  const converted = Object.entries(kinds).flatMap(([kind, configs]) => {
    // The WeCom robot needs a custom payload, which the operator does not support.
    const some = (configs as readonly Record<string, unknown>[]).filter((one) => !('payload' in one));
    return some.length === 0 ? [] : [[camel(kind), some.map(settings)]];
  });
  return { name, ...Object.fromEntries(converted) };
}

/** Converts `prometheus/alertmanager.yml` to an AlertmanagerConfig. */
export function alertmanagerConfig(): object {
  const { route, receivers, inhibit_rules } = parse(read('alertmanager.yml')) as Routing;
  return {
    apiVersion: 'monitoring.coreos.com/v1alpha1',
    kind: 'AlertmanagerConfig',
    metadata: { name: 'godrift', labels },
    spec: {
      route: routeOf(route),
      inhibitRules: inhibit_rules.map((rule) => ({
        sourceMatch: rule.source_matchers.map(matcher),
        targetMatch: rule.target_matchers.map(matcher),
        equal: rule.equal,
      })),
      receivers: receivers.filter(({ name }) => name !== leftOut).map(receiverOf),
    },
  };
}

/** Returns the message templates as a ConfigMap. */
export function templates(): object {
  const names = readdirSync(path.join(prometheus, 'templates')).sort();
  return {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    metadata: { name: 'godrift-templates', labels },
    data: Object.fromEntries(names.map((name) => [name, read(`templates/${name}`)])),
  };
}

/** The shipped rule files. */
export const ruleFiles = () => readdirSync(path.join(prometheus, 'rules')).sort();

/** Selects the sidecars by the name of their port. The rules expect the job `godrift`. */
export const podMonitor = {
  apiVersion: 'monitoring.coreos.com/v1',
  kind: 'PodMonitor',
  metadata: { name: 'godrift', labels },
  spec: {
    selector: { matchLabels: { 'godrift.dev/sidecar': 'true' } },
    podTargetLabels: ['app.kubernetes.io/name'],
    podMetricsEndpoints: [
      {
        port: 'godrift-metrics',
        path: '/metrics',
        interval: '5s',
        scrapeTimeout: '4s',
        relabelings: [
          { targetLabel: 'job', replacement: 'godrift' },
          // The instance is the pod's name, since the next pod may reuse an address.
          {
            sourceLabels: ['__meta_kubernetes_namespace', '__meta_kubernetes_pod_name'],
            separator: '/',
            targetLabel: 'instance',
          },
          { sourceLabels: ['__meta_kubernetes_pod_node_name'], targetLabel: 'host' },
        ],
      },
    ],
  },
};

/** Returns the files of deploy/kubernetes/monitoring as data, by path. */
export function monitoringFiles(): Readonly<Record<string, object>> {
  const rules = ruleFiles().map((file) => [
    `monitoring/${path.basename(file, '.yml')}.yaml`,
    prometheusRule(file),
  ]);
  const files = {
    'monitoring/podmonitor.yaml': podMonitor,
    ...Object.fromEntries(rules),
    'monitoring/alertmanagerconfig.yaml': alertmanagerConfig(),
    'monitoring/templates.yaml': templates(),
  };
  return {
    ...files,
    'monitoring/kustomization.yaml': {
      apiVersion: 'kustomize.config.k8s.io/v1beta1',
      kind: 'Kustomization',
      resources: Object.keys(files).map((name) => path.basename(name)),
    },
  };
}
