/**
 * Every setting, once: its key in the YAML file, its flag, its variable, its default and what it means. Help texts,
 * `config explain` and the documentation are made from these rows.
 */

import { facets } from './facets.ts';

export interface OptionRow {
  /** Path in the YAML file, dots between levels; undefined for settings that only a flag can give. */
  readonly key?: string;
  readonly flag: string;
  readonly env: string;
  readonly default: string;
  readonly about: string;
  /** May be given several times; in a variable the values are separated by commas, in the file they are a list. */
  readonly isRepeated?: true;
  /** What shells offer as its value. */
  readonly offered?: readonly string[];
  /** Flags that would be passed over beside this one. */
  readonly excludes?: readonly string[];
}

export const logLevels = ['debug', 'info', 'warn', 'error'] as const;
export const logFormats = ['logfmt', 'json'] as const;

export const serveOptions = [
  {
    key: 'interval',
    flag: '--interval <duration>',
    env: 'GODRIFT_INTERVAL',
    default: '15s',
    about: 'the periodic pass; changes are seen at once by inotify',
  },
  {
    key: 'state_directory',
    flag: '--state-directory <dir>',
    env: 'GODRIFT_STATE_DIRECTORY',
    default: '',
    about: 'journal, baselines, snapshots (default $STATE_DIRECTORY, else $XDG_STATE_HOME/godrift)',
  },
  {
    key: 'target_limit',
    flag: '--target-limit <number>',
    env: 'GODRIFT_TARGET_LIMIT',
    default: '200',
    about: 'most targets that patterns find; those beyond are counted and named in the log',
  },
  {
    key: 'web.listen_address',
    flag: '--web.listen-address <address>',
    env: 'GODRIFT_WEB_LISTEN_ADDRESS',
    default: ':9464',
    about: 'where /metrics is served; may be repeated (OTEL_EXPORTER_PROMETHEUS_HOST and _PORT are honoured)',
    isRepeated: true,
  },
  {
    key: 'web.systemd_socket',
    flag: '--web.systemd-socket',
    env: 'GODRIFT_WEB_SYSTEMD_SOCKET',
    default: 'false',
    about: 'listen on the sockets that systemd hands over, instead of addresses (Linux)',
    excludes: ['--web.listen-address'],
  },
  {
    key: 'web.config.file',
    flag: '--web.config.file <file>',
    env: 'GODRIFT_WEB_CONFIG_FILE',
    default: '',
    about:
      "TLS, client certificates, users, headers and rate limit, in the format of Prometheus' exporter-toolkit; changes hold from the next connection on",
  },
  {
    key: 'web.telemetry_path',
    flag: '--web.telemetry-path <path>',
    env: 'GODRIFT_WEB_TELEMETRY_PATH',
    default: '/metrics',
    about: 'path of the metrics page',
  },
  {
    key: 'web.max_requests',
    flag: '--web.max-requests <number>',
    env: 'GODRIFT_WEB_MAX_REQUESTS',
    default: '40',
    about:
      'scrapes that are answered at the same time; whoever comes on top is told to come again (0: no limit)',
  },
  {
    key: 'web.disable_exporter_metrics',
    flag: '--web.disable-exporter-metrics',
    env: 'GODRIFT_WEB_DISABLE_EXPORTER_METRICS',
    default: 'false',
    about: 'leave process_* and nodejs_* out',
  },
  {
    key: 'collector.disable',
    flag: '--collector.disable <facet>',
    env: 'GODRIFT_COLLECTOR_DISABLE',
    default: '',
    about: 'a facet that is not looked at, and so never drifts: its series are absent; may be repeated',
    offered: facets,
    isRepeated: true,
  },
  {
    key: 'textfile',
    flag: '--textfile <path>',
    env: 'GODRIFT_TEXTFILE',
    default: '',
    about:
      "a file, or a directory for godrift.prom, in which the metrics page is kept for node_exporter's textfile collector",
  },
  {
    key: 'file_sd',
    flag: '--file-sd <file>',
    env: 'GODRIFT_FILE_SD',
    default: '',
    about:
      'a file (.json) for file_sd_configs of Prometheus that says where this exporter is scraped, while it runs',
  },
  {
    key: 'journal.unsent_limit',
    flag: '--journal.unsent-limit <size>',
    env: 'GODRIFT_JOURNAL_UNSENT_LIMIT',
    default: '512MiB',
    about:
      'what of the journal may wait for the trace endpoint or the event log; the oldest beyond it is not sent, and counted',
  },
  {
    key: 'event_log.file',
    flag: '--event-log.file <file>',
    env: 'GODRIFT_EVENT_LOG_FILE',
    default: '',
    about: 'a line of JSON for each event, for log shippers (made 0600; none unless given)',
  },
  {
    key: 'event_log.max_size',
    flag: '--event-log.max-size <size>',
    env: 'GODRIFT_EVENT_LOG_MAX_SIZE',
    default: '64MiB',
    about: 'the event log is rotated before it grows larger',
  },
  {
    key: 'event_log.keep',
    flag: '--event-log.keep <count>',
    env: 'GODRIFT_EVENT_LOG_KEEP',
    default: '5',
    about: 'rotated event logs to keep: FILE.1 is the newest',
  },
  {
    key: 'log.level',
    flag: '--log.level <level>',
    env: 'GODRIFT_LOG_LEVEL',
    default: 'info',
    about: 'debug, info, warn or error',
    offered: logLevels,
  },
  {
    key: 'log.format',
    flag: '--log.format <format>',
    env: 'GODRIFT_LOG_FORMAT',
    default: 'logfmt',
    about: 'logfmt or json',
    offered: logFormats,
  },
] as const satisfies readonly OptionRow[];

export type OptionKey = (typeof serveOptions)[number]['key'];

export const configFileOption = {
  flag: '--config.file <file>',
  env: 'GODRIFT_CONFIG_FILE',
  default: '',
  about: 'YAML configuration for many targets',
} as const satisfies OptionRow;

/** What a check can be printed as. */
export const checkFormats = ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'] as const;
export type CheckFormat = (typeof checkFormats)[number];

/** What can be told of a check: `wecom` is a group robot, `wecom-app` an application. */
export const destinationKinds = ['alertmanager', 'slack', 'wecom', 'wecom-app', 'webhook'] as const;
export type DestinationKind = (typeof destinationKinds)[number];

/** The shells that `envsnap` and completions are written for. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];
