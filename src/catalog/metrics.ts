/**
 * Every metric that godrift promises: the one source of names, types, help, labels and bounds. Documentation, rules,
 * dashboards and golden files are checked against it. Units are part of the names (the exporter appends none);
 * counters are written here with their `_total`.
 */

export interface MetricRow {
  /** Name without the `godrift_` prefix. */
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Labels beside `target`. */
  readonly labels: readonly string[];
  /** True when the family carries the `target` label. */
  readonly target: boolean;
  /** Most series of one target (or of the process, without `target`). */
  readonly bound: number;
  readonly stability: 'stable' | 'experimental';
}

const cached = 'Cached: from the last pass, see godrift_collector_last_success_timestamp_seconds.';

function row(
  name: string,
  type: MetricRow['type'],
  labels: readonly string[],
  bound: number,
  help: string,
  target = true,
): MetricRow {
  return { name, type, labels, bound, help, target, stability: 'stable' };
}

export const metrics = [
  row(
    'build_info',
    'gauge',
    ['version', 'revision', 'node_version'],
    1,
    'The exporter that answers, always 1.',
    false,
  ),
  row(
    'config_last_reload_successful',
    'gauge',
    [],
    1,
    'Whether the last load of the configuration succeeded (1) or the old one is still in force (0).',
    false,
  ),
  row(
    'config_last_reload_success_timestamp_seconds',
    'gauge',
    [],
    1,
    'When the configuration in force was loaded.',
    false,
  ),
  row(
    'journal_errors_total',
    'counter',
    [],
    1,
    'Lines that could not be written to the journal or to the state directory.',
    false,
  ),
  row(
    'journal_head_info',
    'gauge',
    ['seq', 'hash'],
    1,
    'Sequence number and hash of the newest journal line, witnessed outside the host at each scrape.',
    false,
  ),
  row(
    'journal_last_sequence',
    'gauge',
    [],
    1,
    'Sequence number of the newest journal line as a value: it never goes back but for a state directory that was emptied or replaced.',
    false,
  ),
  row(
    'state_directory_writable',
    'gauge',
    [],
    1,
    'Whether the state directory can be written; 0 means that drifts are served but not recorded.',
    false,
  ),
  row(
    'outbox_pending_spans',
    'gauge',
    [],
    1,
    'Spans of the journal that are not exported yet; without an endpoint those that waited for one before.',
    false,
  ),
  row(
    'outbox_oldest_span_timestamp_seconds',
    'gauge',
    [],
    1,
    'Time of the oldest journal line whose spans are not exported yet; absent when there is none.',
    false,
  ),
  row('outbox_exported_spans_total', 'counter', [], 1, 'Spans that the OTLP endpoint accepted.', false),
  row(
    'outbox_dropped_spans_total',
    'counter',
    ['reason'],
    6,
    'Spans that will not be sent: the endpoint took the request but not them (rejected), refused it for good (refused, too_large), their journal line is damaged (invalid) or was cut out of the journal (lost), or more waited than may (overflow).',
    false,
  ),
  row(
    'outbox_failed_requests_total',
    'counter',
    ['reason'],
    5,
    'Attempts to send spans that are made again: no whole answer (unreachable), an answer that asks for patience or tells of an error (unavailable), one about who asks or where, such as a redirect, 401, 403 or 404 (turned_away), success in something else than OTLP (not_otlp), no usable endpoint while spans wait (no_endpoint).',
    false,
  ),
  row(
    'event_log_events_total',
    'counter',
    [],
    1,
    'Events written to the event log; absent, as all of the event log, where none is configured.',
    false,
  ),
  row(
    'event_log_pending_events',
    'gauge',
    [],
    1,
    'Lines of the journal that are not in the event log yet.',
    false,
  ),
  row(
    'event_log_oldest_event_timestamp_seconds',
    'gauge',
    [],
    1,
    'Time of the oldest journal line that could not be written to the event log; absent while all goes well.',
    false,
  ),
  row(
    'event_log_errors_total',
    'counter',
    [],
    1,
    'Failed writes to the event log; they are repeated.',
    false,
  ),
  row(
    'event_log_dropped_events_total',
    'counter',
    [],
    1,
    'Events that are not written to the event log any more, for more waited than may.',
    false,
  ),
  row('watches', 'gauge', [], 1, 'Directories under inotify watch.', false),
  row('watch_events_total', 'counter', [], 1, 'Change notifications received.', false),
  row(
    'watch_missed_changes_total',
    'counter',
    [],
    1,
    'Changes that the periodic pass found and no notification had announced.',
    false,
  ),
  row('passes_total', 'counter', [], 1, 'Observation passes over all targets.', false),
  row(
    'target_info',
    'gauge',
    ['workspace', 'pool', 'environment_source'],
    1,
    'A target under observation (a Go environment, not a scrape target), always 1.',
  ),
  row(
    'target_readable',
    'gauge',
    ['reason'],
    1,
    `Whether the environment of the target could be read, with the reason. ${cached}`,
  ),
  row(
    'collector_success',
    'gauge',
    ['collector'],
    6,
    'Whether the last run of the collector succeeded; while 0 its values are absent.',
  ),
  row(
    'collector_duration_seconds',
    'gauge',
    ['collector'],
    6,
    'Duration of the last run of the collector; a pass that finds everything unchanged runs none.',
  ),
  row(
    'collector_last_success_timestamp_seconds',
    'gauge',
    ['collector'],
    6,
    'End of the last successful run of the collector, or of a later pass that found size, inode and times of all that it had read unchanged. A file that was written without moving its times (through a shared mapping) is seen when files are read anew: every 60 passes, or as many as there are targets; toolchains, vendored code and caches by a check with --cache.',
  ),
  row(
    'toolchain_info',
    'gauge',
    ['version', 'goos', 'goarch', 'origin'],
    1,
    `The toolchain that a go command run in the workspace would use. ${cached}`,
  ),
  row(
    'toolchain_expected_info',
    'gauge',
    ['version', 'source', 'kind'],
    8,
    `What the project pins: kind exact, or floor. ${cached}`,
  ),
  row(
    'toolchain_deviation',
    'gauge',
    ['source', 'part'],
    21,
    `Effective version minus pinned version, by part; a floor deviates only downward. ${cached}`,
  ),
  row(
    'toolchain_download_pending',
    'gauge',
    ['version'],
    1,
    `The next go command here would download this toolchain. ${cached}`,
  ),
  row(
    'env_info',
    'gauge',
    ['name', 'value', 'origin'],
    40,
    `A variable that differs from what Go defaults to, redacted and bounded. ${cached}`,
  ),
  row('env_required_missing', 'gauge', ['name'], 20, `Whether a required variable is missing. ${cached}`),
  row(
    'env_disagreements',
    'gauge',
    [],
    1,
    `Variables for which go env answered otherwise than the files said. ${cached}`,
  ),
  row(
    'facet_fingerprint',
    'gauge',
    ['facet'],
    6,
    `First 48 bits of the fingerprint of the facet as a number, for changes() and comparison across a fleet. ${cached}`,
  ),
  row('facet_entries', 'gauge', ['facet'], 6, `Entries of the facet. ${cached}`),
  row(
    'drift_level',
    'gauge',
    ['facet'],
    6,
    `Level of the drift against the baseline: 0 none, 1 patch, 2 minor, 3 major. ${cached}`,
  ),
  row(
    'drift_entries',
    'gauge',
    ['facet', 'change'],
    18,
    `Entries that were added, removed or changed against the baseline. ${cached}`,
  ),
  row(
    'drift_change_ratio',
    'gauge',
    ['facet'],
    6,
    `Changed entries over all entries of baseline and snapshot, 0 to 1. ${cached}`,
  ),
  row(
    'drift_semantic_distance',
    'gauge',
    ['facet'],
    6,
    `How much the changes weigh together, 0 to 1. ${cached}`,
  ),
  row(
    'drift_since_timestamp_seconds',
    'gauge',
    ['facet'],
    6,
    `Onset of the drift that lasts; absent without drift. ${cached}`,
  ),
  row('drift_cause', 'gauge', ['facet', 'cause'], 30, `Why the facet differs, where it is known. ${cached}`),
  row(
    'drift_entry_info',
    'gauge',
    ['facet', 'key', 'expected', 'actual'],
    10,
    `The heaviest changes of the drift that lasts, at most 10. ${cached}`,
  ),
  row(
    'drift_trace_info',
    'gauge',
    ['facet', 'trace_id'],
    6,
    `Trace of the newest drift of the facet. ${cached}`,
  ),
  row(
    'changes_total',
    'counter',
    ['facet', 'level'],
    18,
    'Changes of the snapshot, persisted across restarts.',
  ),
  row(
    'last_change_timestamp_seconds',
    'gauge',
    ['facet'],
    6,
    'When the facet last changed; absent until known.',
  ),
  row('baseline_info', 'gauge', ['kind', 'source'], 1, 'The baseline that the target is compared with.'),
  row('baseline_timestamp_seconds', 'gauge', [], 1, 'When the baseline was taken; absent without one.'),
  row(
    'target_whitelisted',
    'gauge',
    [],
    1,
    'Whether the name of the target matches a pattern of the whitelist: alert rules subtract it.',
  ),
  row(
    'deployment_timestamp_seconds',
    'gauge',
    [],
    1,
    'When the newest deployment of the target was marked; absent without one.',
  ),
  row(
    'deployment_grace_seconds',
    'gauge',
    [],
    1,
    'How long after that deployment its drift is expected; absent without one.',
  ),
  row(
    'waiver_expiry_timestamp_seconds',
    'gauge',
    ['facet'],
    6,
    `Until when all that is found in the facet is waived; absent unless it is. ${cached}`,
  ),
  row('conflicts', 'gauge', ['level'], 3, `Conflicts inside the environment, by level. ${cached}`),
  row('conflict_info', 'gauge', ['rule', 'level'], 60, `A conflict that holds. ${cached}`),
  row(
    'modules',
    'gauge',
    [],
    1,
    `Modules of the build list; those that go.mod names where the list is not complete. ${cached}`,
  ),
  row(
    'modules_list_info',
    'gauge',
    ['source', 'state'],
    1,
    `How the build list is known (source: go, files, vendor) and what is known of it (state: complete, incomplete where go.mod files are missing from the module cache, untidy where go asks for updates to go.mod, invalid where a file cannot be parsed). ${cached}`,
  ),
  row(
    'modules_list_disagreements',
    'gauge',
    [],
    1,
    `Modules for which go list answered otherwise than the go.mod files said; absent where go was not asked. ${cached}`,
  ),
  row(
    'module_requirement_overrides',
    'gauge',
    ['level'],
    3,
    `Requirements of the main module that the build does not follow, by how far it is from them. ${cached}`,
  ),
  row(
    'module_cache_modules',
    'gauge',
    ['state'],
    3,
    `Modules of the build list in the module cache: verified (their files were hashed, and are those of the recorded hash), edited (they are not), or unverified (not hashed yet, or without a usable recorded hash). ${cached}`,
  ),
  row(
    'tool_info',
    'gauge',
    ['tool', 'version', 'go_version'],
    40,
    `A tool that answers on the PATH of the target or lies where go install puts it. ${cached}`,
  ),
  row(
    'tool_behind',
    'gauge',
    ['tool'],
    40,
    `Whether a tool was built with an older Go language version than the project needs. ${cached}`,
  ),
  row('cache_bytes', 'gauge', [], 1, `Size of the build cache (GOCACHE). ${cached}`),
  row(
    'cache_entries',
    'gauge',
    ['kind'],
    6,
    `Files of the build cache: action entries that lead to an output (action) and that go passes over (dangling: the output is gone, or the entry is malformed), outputs by content (archive of a package, index of a module, other), and outputs that no action leads to (orphan). ${cached}`,
  ),
  row(
    'cache_corrupt_outputs',
    'gauge',
    [],
    1,
    `Outputs whose content is not what their names promise, and entries that are no files. ${cached}`,
  ),
  row(
    'cache_rebound_actions',
    'gauge',
    [],
    1,
    `Action entries that lead to an output that is not theirs. ${cached}`,
  ),
  row(
    'cache_foreign_owned_entries',
    'gauge',
    [],
    1,
    `Files and folders of the build cache that the user who builds cannot replace. ${cached}`,
  ),
  row(
    'cache_unreadable_outputs',
    'gauge',
    [],
    1,
    `Outputs and folders of the build cache that could not be read, and what is larger than anything that Go makes. ${cached}`,
  ),
  row(
    'cache_verified_ratio',
    'gauge',
    [],
    1,
    `Outputs that were read, of those that an action leads to; during the first round of the audit its progress. ${cached}`,
  ),
  row(
    'cache_last_full_verification_timestamp_seconds',
    'gauge',
    [],
    1,
    `Every output of the build cache was read since then; absent until each was read once. ${cached}`,
  ),
  row(
    'cache_last_loss_timestamp_seconds',
    'gauge',
    ['cause'],
    4,
    `When the audit last missed entries that were there before, by cause: trim (go removed what was not used for five days), clean (all are gone), swap (GOCACHE leads to another directory), removed (anything else). ${cached}`,
  ),
  row('process_cpu_seconds_total', 'counter', [], 1, 'User and system CPU time of the exporter.', false),
  row('process_resident_memory_bytes', 'gauge', [], 1, 'Resident memory of the exporter.', false),
  row('process_start_time_seconds', 'gauge', [], 1, 'Start of the exporter since the epoch.', false),
  row('process_open_fds', 'gauge', [], 1, 'Open file descriptors of the exporter.', false),
  row(
    'nodejs_eventloop_delay_max_seconds',
    'gauge',
    [],
    1,
    'Longest stall of the event loop since the last scrape.',
    false,
  ),
] as const satisfies readonly MetricRow[];

/** The full Prometheus name; `process_*` and `nodejs_*` are what every exporter has and carry no prefix. */
export function metricName(row: MetricRow): string {
  return /^(process|nodejs)_/.test(row.name) ? row.name : `godrift_${row.name}`;
}

/** Why spans of the journal are not sent any more, and why a request has to be repeated. */
export const dropReasons = ['rejected', 'refused', 'too_large', 'invalid', 'overflow', 'lost'] as const;
export type DropReason = (typeof dropReasons)[number];
export const failureReasons = [
  'unreachable',
  'unavailable',
  'turned_away',
  'not_otlp',
  'no_endpoint',
] as const;
export type FailureReason = (typeof failureReasons)[number];

/** Drift causes that can be known (design §5). */
export const causes = ['pin-changed', 'deployment', 'toolchain-switch', 'damage', 'unknown'] as const;
export type Cause = (typeof causes)[number];
