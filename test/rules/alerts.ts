/**
 * All alerts at all severities: the series that make them fire, and their
 * texts. scenarios.ts makes the tests.
 */
import type { Row } from './scenarios.ts';

const level = (facet: string, healthy: number, below: number, bad: number) => ({
  metric: 'godrift_drift_level',
  labels: { facet },
  healthy,
  below,
  bad,
});
const entry = (facet: string, key: string, expected: string, actual: string) => ({
  metric: 'godrift_drift_entry_info',
  labels: { facet, key, expected, actual },
  healthy: 'absent' as const,
  bad: 1,
});
const constant = (metric: string, value: number, labels: Record<string, string> = {}) => ({
  metric,
  labels,
  healthy: value,
  bad: value,
});
const traced = '0af7651916cd43dd8448eb211c80319c';
const trace = (facet: string) => ({
  metric: 'godrift_drift_trace_info',
  labels: { facet, trace_id: traced },
  healthy: 'absent' as const,
  bad: 1,
});
const cause = (facet: string) => ({
  metric: 'godrift_drift_cause',
  labels: { facet, cause: 'toolchain-switch' },
  healthy: 0,
  bad: 1,
});
const more = 'See more with: godrift check --target api /src/api';
const differs = (facet: string, changes: string) =>
  `Facet ${facet} of target api at ci-1:9464 differs from its baseline: ${changes}. Trace: ${traced}. ${more}`;
const toolchain = (version: string) =>
  ({ version, goos: 'linux', goarch: 'amd64', origin: 'local' }) as Record<string, string>;

/** Returns the row of a drift alert of a facet. */
const drift = (
  alert: string,
  severity: Row['severity'],
  facet: string,
  levels: readonly [below: number, bad: number],
  change: readonly [key: string, expected: string, actual: string],
): Row => ({
  alert,
  severity,
  of: 'target',
  facet,
  labels: { facet },
  series: [level(facet, 0, ...levels), entry(facet, ...change), trace(facet)],
  summary: `api: ${change[0]} ${change[1]} → ${change[2]}, ${['', 'patch', 'minor', 'major'][levels[1]]} drift of facet ${facet}`,
  description: differs(facet, `${change[0]} ${change[1]} → ${change[2]}`),
  trace_id: traced,
});

const pin = (
  severity: Row['severity'],
  part: string,
  pinned: string,
  actual: string,
  value: number,
): Row => ({
  alert: 'GodriftToolchainPinDeviation',
  severity,
  of: 'target',
  facet: 'toolchain',
  labels: { facet: 'toolchain', source: '.go-version', part },
  series: [
    {
      metric: 'godrift_toolchain_deviation',
      labels: { source: '.go-version', part },
      healthy: 0,
      bad: value,
    },
    constant('godrift_toolchain_expected_info', 1, { version: pinned, source: '.go-version', kind: 'exact' }),
    constant('godrift_toolchain_info', 1, toolchain(actual)),
  ],
  summary: `api: .go-version pins go${pinned}, a build here uses go${actual}`,
  description:
    `The toolchain (facet toolchain) of target api at ci-1:9464 is ${value < 0 ? 'older' : 'newer'} than what .go-version pins, ` +
    `by its ${part} version. See the file and the repair with: godrift check --target api /src/api`,
});

const conflict = (severity: Row['severity'], facet: string, rule: string, of: string): Row => ({
  alert: 'GodriftConflict',
  severity,
  of: 'target',
  facet,
  delay: 60,
  labels: { facet, rule, level: of },
  series: [
    {
      metric: 'godrift_conflict_info',
      labels: { rule, level: of },
      healthy: 'absent',
      bad: 1,
    },
    constant('godrift_conflicts', 1, { level: of }),
  ],
  summary: `api: conflict ${rule} in facet ${facet}`,
  description:
    `Entries of target api at ci-1:9464 contradict each other or predict a failing build: rule ${rule}, level ${of}, ` +
    `facet ${facet}. See what contradicts what, and the repair, with: godrift check --target api /src/api`,
});

const members =
  (...names: string[]) =>
  (list: { metric: string; labels?: Record<string, string>; value: number }[]) =>
    Object.fromEntries(names.map((name) => [name, list]));

const day = 86_400;

/** Why no exemption mutes alerts about rollbacks that wait for a user. */
const personAwaited = {
  grace: 'a rollback waits for a user',
  whitelist: 'a rollback waits for a user',
  waiver: 'a rollback waits for a user',
};

export const rows: readonly Row[] = [
  {
    alert: 'GodriftToolchainDriftMinor',
    severity: 'warning',
    of: 'target',
    facet: 'toolchain',
    labels: { facet: 'toolchain' },
    series: [
      level('toolchain', 0, 1, 2),
      // The level of another facet must not matter.
      level('env', 2, 2, 2),
      entry('toolchain', 'toolchain.version', '1.26.8', '1.27.4'),
      entry('toolchain', 'toolchain.origin', 'local', 'switch'),
      cause('toolchain'),
      trace('toolchain'),
    ],
    summary: 'api: Go 1.26.8 → 1.27.4, minor drift of the toolchain',
    description:
      'Facet toolchain of target api at ci-1:9464 differs from its baseline: toolchain.origin local → switch; ' +
      `toolchain.version 1.26.8 → 1.27.4. Cause: toolchain-switch. Trace: ${traced}. ${more}`,
    trace_id: traced,
  },
  {
    alert: 'GodriftToolchainDriftMajor',
    severity: 'error',
    of: 'target',
    facet: 'toolchain',
    labels: { facet: 'toolchain' },
    series: [
      level('toolchain', 0, 2, 3),
      level('env', 3, 3, 3),
      entry('toolchain', 'toolchain.version', '1.26.8', ''),
      entry('toolchain', 'toolchain.digest', 'h1:aaaa', ''),
      trace('toolchain'),
    ],
    summary: 'api: Go 1.26.8 → (none), major drift of the toolchain',
    description: differs('toolchain', 'toolchain.digest h1:aaaa → (none); toolchain.version 1.26.8 → (none)'),
    trace_id: traced,
  },
  drift('GodriftDriftPatch', 'info', 'toolchain', [2, 1], ['toolchain.version', '1.27.3', '1.27.4']),
  drift('GodriftDriftPatch', 'info', 'context', [0, 1], ['context.kernel', '6.17.1', '6.18.0']),
  drift('GodriftDriftMinor', 'warning', 'env', [1, 2], ['env.CGO_ENABLED', '1', '0']),
  drift(
    'GodriftDriftMinor',
    'warning',
    'modules',
    [3, 2],
    ['modules.golang.org/x/net', 'v0.17.0', 'v0.18.0'],
  ),
  drift('GodriftDriftMinor', 'warning', 'tools', [1, 2], ['tools.gopls', 'v0.20.0', 'v0.21.0']),
  drift('GodriftDriftMajor', 'error', 'env', [2, 3], ['env.GOARCH', 'amd64', 'arm64']),
  drift('GodriftDriftMajor', 'error', 'modules', [2, 3], ['modules.example.com/a', 'v1.4.0', 'v2.0.0']),
  drift('GodriftDriftMajor', 'error', 'cache', [1, 3], ['cache.corrupt', '0', '2']),
  {
    alert: 'GodriftDriftUnattended',
    severity: 'error',
    of: 'target',
    facet: 'env',
    labels: { facet: 'env' },
    series: [
      level('env', 0, 2, 2),
      {
        metric: 'godrift_drift_since_timestamp_seconds',
        labels: { facet: 'env' },
        healthy: 'absent',
        below: -4 * 3600 + 600,
        bad: -4 * 3600 - 60,
      },
      entry('env', 'env.GOFLAGS', '', '-mod=mod'),
      trace('env'),
    ],
    summary: 'api: env.GOFLAGS (none) → -mod=mod, facet env drifts unattended since 4h 1m 45s',
    description: differs('env', 'env.GOFLAGS (none) → -mod=mod'),
    trace_id: traced,
  },
  {
    alert: 'GodriftEnvironmentDrift',
    severity: 'warning',
    of: 'target',
    facet: 'env',
    labels: { facet: 'env' },
    series: [
      // A value equal to the threshold is not above it.
      {
        metric: 'godrift_drift_change_ratio',
        labels: { facet: 'env' },
        healthy: 0,
        below: 0.05,
        bad: 0.0501,
      },
      {
        metric: 'godrift_drift_semantic_distance',
        labels: { facet: 'env' },
        healthy: 0,
        below: 0.31,
        bad: 0.301,
      },
      // At a level of 2 another alert fires.
      level('env', 0, 1, 1),
      entry('env', 'env.GOFLAGS', '', '-mod=mod'),
      trace('env'),
    ],
    summary: 'api: env.GOFLAGS (none) → -mod=mod, 5.01% of facet env changed, semantic distance 0.30',
    description: differs('env', 'env.GOFLAGS (none) → -mod=mod'),
    trace_id: traced,
  },
  {
    ...drift('GodriftRollback', 'info', 'env', [1, 2], ['env.GOFLAGS', '-trimpath', '-mod=mod']),
    delay: 15,
    labels: { facet: 'env', godrift_action: 'rollback' },
  },
  {
    alert: 'GodriftPoolDrift',
    severity: 'error',
    of: 'pool',
    facet: 'env',
    // Two of five members drift before the onset, three after it. If the target is exempt, it is two of four.
    series: [level('env', 0, 1, 2), entry('env', 'env.GOFLAGS', '', '-mod=mod')],
    others: {
      ...members(
        'm1',
        'm2',
      )([
        { metric: 'godrift_drift_level', labels: { facet: 'env' }, value: 2 },
        {
          metric: 'godrift_drift_entry_info',
          labels: { facet: 'env', key: 'env.GOFLAGS', expected: '', actual: '-mod=mod' },
          value: 1,
        },
      ]),
      ...members('m3', 'm4')([{ metric: 'godrift_drift_level', labels: { facet: 'env' }, value: 0 }]),
    },
    summary: 'pool ci: 60% of its targets drifted at once',
    description:
      '3 targets of pool ci drifted by a minor version or more: an unmarked rollout, a changed image, or a wrong baseline. First of what changed: env.GOFLAGS (none) → -mod=mod (3). See it on one of them with: godrift check',
  },
  {
    alert: 'GodriftToolchainRebuilt',
    severity: 'critical',
    of: 'target',
    facet: 'toolchain',
    labels: { facet: 'toolchain' },
    series: [
      // A digest that is known on one side only is a drift of level patch.
      level('toolchain', 0, 1, 3),
      { ...entry('toolchain', 'toolchain.digest', 'h1:aaaa', 'h1:bbbb'), below: 1 },
      trace('toolchain'),
      constant('godrift_toolchain_info', 1, toolchain('1.26.8')),
    ],
    summary: 'api: the Go toolchain was rebuilt or edited at the same version, 1.26.8',
    description: differs('toolchain', 'toolchain.digest h1:aaaa → h1:bbbb'),
    trace_id: traced,
  },
  {
    alert: 'GodriftCacheCorrupt',
    severity: 'critical',
    of: 'target',
    facet: 'cache',
    labels: { facet: 'cache' },
    series: [{ metric: 'godrift_cache_corrupt_outputs', healthy: 0, bad: 2 }],
    summary: 'api: outputs in GOCACHE do not have the content that their names promise (2)',
    description:
      'The audit of the build cache (facet cache) of target api at ci-1:9464 found corrupt outputs, 0 → 2. ' +
      `go build uses them unchecked and succeeds. ${more}`,
  },
  {
    alert: 'GodriftCacheRebound',
    severity: 'critical',
    of: 'target',
    facet: 'cache',
    labels: { facet: 'cache' },
    series: [{ metric: 'godrift_cache_rebound_actions', healthy: 0, bad: 1 }],
    summary: 'api: actions in GOCACHE lead to another output than they did (1)',
    description:
      'Actions are reproducible: builds never change their output. The audit of the build cache (facet cache) of target api at ci-1:9464 ' +
      `found rebound actions, 0 → 1. ${more}`,
  },
  {
    alert: 'GodriftModuleCacheEdited',
    severity: 'critical',
    of: 'target',
    facet: 'modules',
    labels: { facet: 'modules', rule: 'modcache-edited', level: 'major' },
    series: [
      {
        metric: 'godrift_conflict_info',
        labels: { rule: 'modcache-edited', level: 'major' },
        healthy: 'absent',
        bad: 1,
      },
      constant('godrift_conflicts', 1, { level: 'major' }),
    ],
    summary: 'api: an extracted module differs from its recorded hash',
    description:
      'A module in the module cache of target api at ci-1:9464 (facet modules) is not what go.sum vouched for when it was ' +
      `unpacked: as downloaded → edited. go build compiles it unchecked. ${more}`,
  },
  pin('info', 'patch', '1.26.8', '1.26.7', -1),
  pin('warning', 'minor', '1.26', '1.27.4', 1),
  pin('error', 'major', '2.0', '1.27.4', -1),
  {
    alert: 'GodriftRequiredVariableMissing',
    severity: 'warning',
    of: 'target',
    facet: 'env',
    labels: { facet: 'env', name: 'GOPRIVATE' },
    series: [
      { metric: 'godrift_env_required_missing', labels: { name: 'GOPRIVATE' }, healthy: 0, bad: 1 },
      constant('godrift_facet_entries', 5, { facet: 'env' }),
    ],
    summary: 'api: required variable GOPRIVATE is not set',
    description:
      'GOPRIVATE is required for target api (facet env) at ci-1:9464 and missing from the environment that builds: ' +
      `(set) → (none). ${more}`,
  },
  {
    alert: 'GodriftToolBehind',
    severity: 'warning',
    of: 'target',
    facet: 'tools',
    labels: { facet: 'tools', tool: 'gopls' },
    series: [
      { metric: 'godrift_tool_behind', labels: { tool: 'gopls' }, healthy: 0, bad: 1 },
      constant('godrift_tool_info', 1, { tool: 'gopls', version: 'v0.20.0', go_version: '1.24.3' }),
      constant('godrift_facet_entries', 3, { facet: 'tools' }),
    ],
    summary: 'api: gopls was built with an older Go than the project needs, 1.24.3',
    description:
      "gopls (facet tools) of target api at ci-1:9464 is version v0.20.0, built with Go 1.24.3; the project's go line asks " +
      `for a newer language version: rebuild it. ${more}`,
  },
  conflict('info', 'toolchain', 'go-shadowed', 'patch'),
  conflict('warning', 'env', 'goenv-ignored', 'minor'),
  conflict('error', 'toolchain', 'goroot-mixed', 'major'),

  {
    alert: 'GodriftPoolSkew',
    severity: 'warning',
    of: 'pool',
    facet: 'toolchain',
    delay: 900,
    labels: { facet: 'toolchain' },
    series: [
      {
        metric: 'godrift_toolchain_info',
        labels: toolchain('1.26.8'),
        healthy: 1,
        below: 'absent',
        bad: 'absent',
      },
      {
        metric: 'godrift_toolchain_info',
        labels: toolchain('1.26.9'),
        healthy: 'absent',
        below: 1,
        bad: 'absent',
      },
      { metric: 'godrift_toolchain_info', labels: toolchain('1.27.4'), healthy: 'absent', bad: 1 },
    ],
    others: members(
      'm1',
      'm2',
    )([{ metric: 'godrift_toolchain_info', labels: toolchain('1.26.8'), value: 1 }]),
    summary: 'pool ci: its targets use 2 Go releases',
    description:
      'The toolchains (facet toolchain) of pool ci differ by more than a patch: 1.26 on 2, 1.27 on 1. ' +
      'Odd one out: api at ci-1:9464 → 1.27.4. See what is wanted there with: godrift check',
  },
  {
    alert: 'GodriftPoolSkew',
    severity: 'info',
    of: 'pool',
    facet: 'toolchain',
    delay: 900,
    labels: { facet: 'toolchain' },
    series: [
      { metric: 'godrift_toolchain_info', labels: toolchain('1.26.8'), healthy: 1, bad: 'absent' },
      { metric: 'godrift_toolchain_info', labels: toolchain('1.26.9'), healthy: 'absent', bad: 1 },
    ],
    others: members(
      'm1',
      'm2',
    )([{ metric: 'godrift_toolchain_info', labels: toolchain('1.26.8'), value: 1 }]),
    summary: 'pool ci: its targets use 2 patch releases of one Go',
    description:
      'The toolchains (facet toolchain) of pool ci differ by a patch: 1.26.8 on 2, 1.26.9 on 1. ' +
      'See what is wanted there with: godrift check',
  },
  {
    alert: 'GodriftPoolVariableMissing',
    severity: 'warning',
    of: 'pool',
    facet: 'env',
    delay: 900,
    labels: { facet: 'env', name: 'GODEBUG' },
    series: [
      {
        metric: 'godrift_env_info',
        labels: { name: 'GODEBUG', value: 'http2client=0', origin: 'process' },
        healthy: 1,
        below: 'absent',
        bad: 'absent',
      },
      // A variable with another value does not count as missing.
      {
        metric: 'godrift_env_info',
        labels: { name: 'GODEBUG', value: 'gctrace=1', origin: 'process' },
        healthy: 'absent',
        below: 1,
        bad: 'absent',
      },
      constant('godrift_facet_entries', 5, { facet: 'env' }),
    ],
    others: members(
      'm1',
      'm2',
    )([
      {
        metric: 'godrift_env_info',
        labels: { name: 'GODEBUG', value: 'http2client=0', origin: 'process' },
        value: 1,
      },
      { metric: 'godrift_facet_entries', labels: { facet: 'env' }, value: 6 },
    ]),
    summary: 'pool ci: GODEBUG is set on 2 of its targets and missing on others',
    description:
      'GODEBUG (facet env) is not set everywhere in pool ci: the same sources build or behave differently. ' +
      '(set) → (none): api at ci-1:9464. See one of them with: godrift check',
  },

  {
    alert: 'GodriftCollectorFailing',
    severity: 'warning',
    of: 'target',
    facet: 'toolchain',
    delay: 60,
    labels: { collector: 'toolchain' },
    series: [{ metric: 'godrift_collector_success', labels: { collector: 'toolchain' }, healthy: 1, bad: 0 }],
    summary: 'api: the collector toolchain fails',
    description:
      'The last run of the collector toolchain for target api at ci-1:9464 failed: its values are gone from the page, and ' +
      'drifts of its facet go unseen. See why with: godrift check --target api',
  },
  {
    alert: 'GodriftCollectorStale',
    severity: 'warning',
    of: 'target',
    facet: 'env',
    delay: 30,
    lag: 60,
    labels: { collector: 'env' },
    series: [
      {
        metric: 'godrift_collector_last_success_timestamp_seconds',
        labels: { collector: 'env' },
        healthy: 100,
        below: -150,
        bad: -315,
      },
    ],
    summary: 'api: the collector env last succeeded 6m 30s ago',
    description:
      'The served values of collector env for target api at ci-1:9464 are 6m 30s old; at most 5m are allowed. See the current values with: godrift check --target api',
  },
  {
    alert: 'GodriftExporterDown',
    severity: 'error',
    of: 'exporter',
    delay: 60,
    series: [{ metric: 'up', healthy: 1, bad: 0, missed: 0 }],
    summary: 'godrift at ci-1:9464 does not answer',
    description:
      'Prometheus cannot scrape the exporter at ci-1:9464: drifts go unseen, and alerts that fire will resolve without having ' +
      'healed. Ask it on its host with: godrift healthcheck',
  },
  {
    alert: 'GodriftExporterEmpty',
    severity: 'error',
    of: 'exporter',
    delay: 60,
    lag: 60,
    series: [
      { ...constant('up', 1), missed: 0 },
      constant('godrift_build_info', 1, { version: '0.1.0', revision: 'unknown', node_version: '20.20.0' }),
      {
        metric: 'godrift_target_info',
        labels: { target: 'api', workspace: '/src/api', pool: 'ci', environment_source: 'self' },
        healthy: 1,
        bad: 'absent',
      },
    ],
    summary: 'godrift at ci-1:9464 observes no target',
    description:
      'The exporter at ci-1:9464 answers Prometheus, and its page holds no target. See what it was told to observe with: ' +
      'godrift config explain',
  },
  {
    alert: 'GodriftStateNotWritten',
    severity: 'warning',
    of: 'exporter',
    delay: 60,
    series: [
      { metric: 'godrift_state_directory_writable', healthy: 1, bad: 0 },
      constant('godrift_journal_errors_total', 7),
    ],
    summary: 'godrift at ci-1:9464 cannot write its state',
    description:
      'The state directory of the exporter at ci-1:9464 cannot be written, or a write failed within the last five minutes: drifts are served and alerted; their records and traces wait in memory (1000 records or 4 MiB at most) and are lost if the exporter stops before they are written. See where it should be with: godrift config explain',
  },
  {
    alert: 'GodriftTargetsSkipped',
    severity: 'warning',
    of: 'exporter',
    delay: 600,
    series: [
      { metric: 'godrift_discovery_skipped_targets', labels: { reason: 'limit' }, healthy: 0, bad: 2 },
      constant('godrift_discovery_skipped_targets', 0, { reason: 'name' }),
    ],
    summary: 'godrift at ci-1:9464 does not observe 2 of the targets that it found',
    description:
      'The exporter at ci-1:9464 found targets that it does not observe: there are more than target_limit, or another target has ' +
      'their name. Their drifts go unseen. See which are observed with: godrift config check',
  },
  {
    alert: 'GodriftDiscoveryIncomplete',
    severity: 'warning',
    of: 'exporter',
    delay: 900,
    series: [
      { metric: 'godrift_discovery_incomplete', labels: { reason: 'unreadable' }, healthy: 0, bad: 1 },
      constant('godrift_discovery_incomplete', 0, { reason: 'failed' }),
    ],
    summary: 'godrift at ci-1:9464 cannot search 1 of the directories of its patterns',
    description:
      'The exporter at ci-1:9464 cannot search all directories of its patterns: one is unreadable, has too many entries, or does not answer. Targets may be missing; those that were found before stay. See what is found with: godrift config check',
  },
  {
    alert: 'GodriftWatchDeaf',
    severity: 'warning',
    of: 'exporter',
    delay: 60,
    labels: { filesystem: '/' },
    series: [
      {
        metric: 'godrift_watch_canary_last_seen_timestamp_seconds',
        labels: { filesystem: '/' },
        healthy: 100,
        below: -150,
        bad: -315,
      },
      constant('godrift_state_directory_writable', 1),
    ],
    summary: 'godrift at ci-1:9464 receives no file change events any more',
    description:
      'The exporter at ci-1:9464 no longer receives an event for the file that it changes each minute on /: drifts are still found, but ' +
      'an interval late. Its log may say why; see whether anything was missed with: godrift check',
  },
  {
    alert: 'GodriftConfigReloadFailed',
    severity: 'warning',
    of: 'exporter',
    delay: 300,
    series: [{ metric: 'godrift_config_last_reload_successful', healthy: 1, bad: 0 }],
    summary: 'godrift at ci-1:9464 refused its configuration',
    description:
      'The exporter at ci-1:9464 was told to reload a configuration that it cannot use, and goes on with the old one: what was ' +
      'added since is not observed. See what is wrong with: godrift config check',
  },
  {
    alert: 'GodriftSpansNotExported',
    severity: 'warning',
    of: 'exporter',
    delay: 60,
    series: [
      { metric: 'godrift_outbox_pending_spans', healthy: 0, below: 4, bad: 4 },
      { metric: 'godrift_outbox_oldest_span_timestamp_seconds', healthy: 0, bad: -3_601 },
      constant('godrift_outbox_dropped_spans_total', 7, { reason: 'overflow' }),
    ],
    summary: 'traces of godrift at ci-1:9464 do not arrive',
    description:
      'The trace endpoint of the exporter at ci-1:9464 has accepted no spans for more than an hour, or spans were given up: the ' +
      'traces of drifts are missing there, while the drifts are recorded and alerted as always. See what happened with: godrift events',
  },

  {
    alert: 'GodriftEventLogNotWritten',
    severity: 'warning',
    of: 'exporter',
    delay: 60,
    series: [
      { metric: 'godrift_event_log_pending_events', healthy: 0, below: 4, bad: 4 },
      { metric: 'godrift_event_log_oldest_event_timestamp_seconds', healthy: 0, bad: -301 },
      constant('godrift_event_log_dropped_events_total', 7),
    ],
    summary: 'the event log of godrift at ci-1:9464 is not written',
    description:
      'Events have waited for the event log of the exporter at ci-1:9464 for more than five minutes, or were given up: they are missing in the log, while the drifts are recorded and alerted as always. See where it should be with: godrift config explain',
  },

  {
    alert: 'GodriftJournalRewritten',
    severity: 'error',
    of: 'exporter',
    delay: 60,
    remembers: true,
    series: [{ metric: 'godrift_journal_last_sequence', healthy: 8, bad: 7 }],
    summary: 'the journal of godrift at ci-1:9464 was replaced or rewritten',
    description:
      'The last line of the journal of the exporter at ci-1:9464 has a lower number than within the last day, or another hash than the same line had: the state directory was emptied or replaced, or the journal was rewritten. Compare it with the lines that Prometheus recorded, with: godrift events --verify',
  },

  {
    alert: 'GodriftJournalBroken',
    severity: 'error',
    of: 'exporter',
    delay: 60,
    series: [{ metric: 'godrift_journal_intact', healthy: 1, bad: 0 }],
    summary: 'the journal of godrift at ci-1:9464 was changed',
    description:
      'The hash chain of the journal of the exporter at ci-1:9464 is broken: lines were changed or removed since baselines were ' +
      'accepted. Nothing is rolled back there until they are accepted again. See which line it is with: godrift events --verify',
  },

  {
    alert: 'GodriftCacheAuditStale',
    severity: 'warning',
    of: 'target',
    facet: 'cache',
    delay: 60,
    labels: { facet: 'cache' },
    series: [
      {
        metric: 'godrift_cache_last_full_verification_timestamp_seconds',
        healthy: 0,
        below: -day + 600,
        bad: -day - 60,
      },
    ],
    summary: 'api: the build cache was last verified 1d 0h 2m 45s ago',
    description:
      'The last full audit of GOCACHE (facet cache) of target api at ci-1:9464 is 1d 0h 2m 45s old; at most 1d is allowed. ' +
      'Corruption since then may be unseen. Audit it now with: godrift check --cache --target api',
  },
  {
    alert: 'GodriftBaselineOld',
    severity: 'info',
    of: 'target',
    delay: 60,
    series: [
      {
        metric: 'godrift_baseline_timestamp_seconds',
        healthy: 0,
        below: -90 * day + 600,
        bad: -90 * day - 60,
      },
      constant('godrift_baseline_info', 1, { kind: 'pinned', source: '.godrift.snapshot' }),
    ],
    summary: 'api: its baseline is 90d 0h 2m 45s old',
    description:
      'Target api at ci-1:9464 is compared with a baseline of 90d 0h 2m 45s ago (pinned, .godrift.snapshot); at most 90d are ' +
      'allowed. See what it holds with: godrift baseline show --target api',
    notMutedBy: { waiver: 'a baseline belongs to no facet' },
  },
  {
    alert: 'GodriftRollbackApprovalWaiting',
    severity: 'warning',
    of: 'target',
    delay: 60,
    series: [{ metric: 'godrift_rollback_pending_approvals', healthy: 0, bad: 2 }],
    summary: 'api: 2 rollbacks wait for an approval',
    description:
      'An alert asked for a rollback of target api at ci-1:9464, and rollback.mode leaves it to a person: (requested) → (waiting). It expires after rollback.approval_expiry. See what would be done with: godrift approvals',
    notMutedBy: personAwaited,
  },
  {
    alert: 'GodriftRollbackUnconfirmed',
    severity: 'warning',
    of: 'target',
    delay: 60,
    labels: { facet: 'env' },
    series: [
      {
        metric: 'godrift_rollback_confirm_by_timestamp_seconds',
        labels: { facet: 'env' },
        healthy: 'absent',
        bad: 7 * day,
      },
      constant('godrift_rollback_pending_approvals', 0),
    ],
    summary: 'api: the rollback of env is reverted unless it is confirmed',
    description:
      'Facet env of target api at ci-1:9464 was rolled back, and confirm_within of the target requires a confirmation: (confirmed) → (reverted). See the rollback and its id with: godrift events',
    notMutedBy: personAwaited,
  },
  {
    alert: 'GodriftRollbackQuarantined',
    severity: 'warning',
    of: 'target',
    delay: 900,
    labels: { facet: 'env' },
    series: [
      { metric: 'godrift_rollback_quarantined', labels: { facet: 'env' }, healthy: 0, bad: 1 },
      level('env', 2, 2, 2),
    ],
    summary: 'api: facet env drifts again after its rollback, and is left alone',
    description:
      'Facet env of target api at ci-1:9464 was rolled back and drifts again: (rolled back) → (drifts). Something else causes the drift, so no alert can have it rolled back again. See what happened with: godrift events --target api',
    notMutedBy: personAwaited,
  },
  {
    alert: 'GodriftRollbackBreakerOpen',
    severity: 'warning',
    of: 'exporter',
    delay: 60,
    series: [{ metric: 'godrift_rollback_breaker_open', healthy: 0, bad: 1 }],
    summary: 'godrift at ci-1:9464 rolls nothing back, because too many targets drift at once',
    description:
      'So many targets of the exporter at ci-1:9464 drift at once that their baseline is probably wrong (rollback.breaker): no alert can have anything rolled back. See what drifts with: godrift targets',
  },
  {
    alert: 'GodriftRollbackFailed',
    severity: 'critical',
    of: 'target',
    lag: 3600,
    remembers: true,
    labels: { facet: 'env', result: 'failed' },
    series: [
      { metric: 'godrift_rollbacks_total', labels: { facet: 'env', result: 'failed' }, healthy: 0, bad: 1 },
    ],
    summary: 'api: a rollback of env failed, and could not be undone',
    description:
      'A rollback of facet env of target api at ci-1:9464 was begun, and neither completed nor undone: (as it was) → (in between). See how far it got with: godrift events --report',
    notMutedBy: personAwaited,
  },
  {
    alert: 'GodriftWaiverExpiring',
    severity: 'warning',
    of: 'target',
    delay: 60,
    labels: { facet: 'modules' },
    series: [
      {
        metric: 'godrift_waiver_expiry_timestamp_seconds',
        labels: { facet: 'modules' },
        healthy: 30 * day,
        below: day + 600,
        bad: 3705,
      },
    ],
    summary: 'api: the waiver of facet modules expires in 1h 0m 0s',
    description:
      'Alerts on facet modules of target api at ci-1:9464 are waived for another 1h 0m 0s only (waived → alerting). ' +
      'See whether it is still needed with: godrift check --target api',
    notMutedBy: {
      grace: 'a deployment does not extend a waiver',
      waiver: 'the alert is about the waiver itself',
    },
  },
];
