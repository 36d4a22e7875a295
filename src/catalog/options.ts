/**
 * The table of settings: key in the YAML file, flag, variable, default and description. Help texts, `config
 * explain` and the documentation are generated from these rows.
 */

import { facets } from './facets.ts';

export interface OptionRow {
  /** Path in the YAML file with dots between levels; undefined for settings without one. */
  readonly key?: string;
  readonly flag: string;
  readonly env: string;
  readonly default: string;
  readonly about: string;
  /**
   * The flag may be repeated; in a variable the values are separated by commas, in the file they form a list.
   */
  readonly isRepeated?: true;
  /** Values that shell completion offers. */
  readonly offered?: readonly string[];
  /** Flags that would be ignored beside this one: the combination is refused. */
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
    about: 'time between periodic passes; inotify reports most changes at once',
  },
  {
    key: 'state_directory',
    flag: '--state-directory <dir>',
    env: 'GODRIFT_STATE_DIRECTORY',
    default: '',
    about:
      'directory of journal, baselines and snapshots (default $STATE_DIRECTORY, else $XDG_STATE_HOME/godrift)',
  },
  {
    key: 'target_limit',
    flag: '--target-limit <number>',
    env: 'GODRIFT_TARGET_LIMIT',
    default: '200',
    about: 'largest number of targets found by patterns; those beyond it are counted and named in the log',
  },
  {
    key: 'web.listen_address',
    flag: '--web.listen-address <address>',
    env: 'GODRIFT_WEB_LISTEN_ADDRESS',
    default: ':9464',
    about:
      'address that serves /metrics; may be repeated (OTEL_EXPORTER_PROMETHEUS_HOST and _PORT are honoured)',
    isRepeated: true,
  },
  {
    key: 'web.systemd_socket',
    flag: '--web.systemd-socket',
    env: 'GODRIFT_WEB_SYSTEMD_SOCKET',
    default: 'false',
    about: 'listen on the sockets passed by systemd instead of addresses (Linux)',
    excludes: ['--web.listen-address'],
  },
  {
    key: 'web.config.file',
    flag: '--web.config.file <file>',
    env: 'GODRIFT_WEB_CONFIG_FILE',
    default: '',
    about:
      "file with TLS, client certificates, users, headers and rate limit, in the format of Prometheus' exporter-toolkit; changes apply to new connections",
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
      'largest number of concurrent scrapes; further ones are answered with 503 and asked to retry (0: no limit)',
  },
  {
    key: 'web.disable_exporter_metrics',
    flag: '--web.disable-exporter-metrics',
    env: 'GODRIFT_WEB_DISABLE_EXPORTER_METRICS',
    default: 'false',
    about: 'omit process_* and nodejs_* metrics',
  },
  {
    key: 'collector.disable',
    flag: '--collector.disable <facet>',
    env: 'GODRIFT_COLLECTOR_DISABLE',
    default: '',
    about: 'do not observe this facet: it never drifts, and its series are absent; may be repeated',
    offered: facets,
    isRepeated: true,
  },
  {
    key: 'textfile',
    flag: '--textfile <path>',
    env: 'GODRIFT_TEXTFILE',
    default: '',
    about:
      "write the metrics page to this file, or to godrift.prom in this directory, for node_exporter's textfile collector",
  },
  {
    key: 'file_sd',
    flag: '--file-sd <file>',
    env: 'GODRIFT_FILE_SD',
    default: '',
    about:
      'while running, keep a .json file for file_sd_configs of Prometheus with the address of this exporter',
  },
  {
    key: 'journal.unsent_limit',
    flag: '--journal.unsent-limit <size>',
    env: 'GODRIFT_JOURNAL_UNSENT_LIMIT',
    default: '512MiB',
    about:
      'how much of the journal may wait for the trace endpoint or the event log; beyond it the oldest lines are dropped and counted',
  },
  {
    key: 'event_log.file',
    flag: '--event-log.file <file>',
    env: 'GODRIFT_EVENT_LOG_FILE',
    default: '',
    about:
      'write each event as a line of JSON to this file, for log shippers (created with mode 0600; default none)',
  },
  {
    key: 'event_log.max_size',
    flag: '--event-log.max-size <size>',
    env: 'GODRIFT_EVENT_LOG_MAX_SIZE',
    default: '64MiB',
    about: 'rotate the event log before it exceeds this size',
  },
  {
    key: 'event_log.keep',
    flag: '--event-log.keep <count>',
    env: 'GODRIFT_EVENT_LOG_KEEP',
    default: '5',
    about: 'number of rotated event logs to keep; FILE.1 is the newest',
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

/** Output formats of `check`. */
export const checkFormats = ['text', 'json', 'github', 'gitlab', 'sarif', 'junit'] as const;
export type CheckFormat = (typeof checkFormats)[number];

/** Kinds of notification receivers: `wecom` is a group robot, `wecom-app` an application. */
export const destinationKinds = ['alertmanager', 'slack', 'wecom', 'wecom-app', 'webhook'] as const;
export type DestinationKind = (typeof destinationKinds)[number];

/** The shells that `envsnap` and completions support. */
export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];
