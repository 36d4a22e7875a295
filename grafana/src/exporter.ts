/** The exporters themselves: whether their values can be trusted. */
import { type Board, variables } from './board.ts';
import { toTarget, uids } from './links.ts';
import { anyIsOrange, anyIsRed, bars, type Column, figure, lines, list, plain, yesNo } from './panels.ts';
import { instant, range, rows, scraped } from './queries.ts';

const instance: Column = { field: 'instance', name: 'instance' };
const byInstance = { legend: '{{instance}}' };
const up = `up{${scraped}}`;

/** The twenty highest of the whole range, the same ones at every step. */
const highest = (metric: string) => `${metric} and topk(20, max_over_time(${metric}[$__range] @ end()))`;

const now = [
  figure(
    {
      title: 'Exporters down',
      answers: 'How many exporters does Prometheus not reach?',
      unit: 'short',
      empty: 'none is scraped',
      size: [4, 4],
      queries: [instant(`count(${up}) - sum(${up})`)],
    },
    anyIsRed,
  ),
  figure(
    {
      title: 'Failing collectors',
      answers: 'How many facets could not be read at the last look? Drifts in them go unseen.',
      unit: 'short',
      empty: 'nothing was collected',
      size: [4, 4],
      queries: [instant(`sum(godrift_collector_success{${scraped}} == bool 0)`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Unwritable state',
      answers: 'How many exporters cannot record the drifts that they report?',
      unit: 'short',
      empty: 'none is scraped',
      size: [4, 4],
      queries: [instant(`sum(godrift_state_directory_writable{${scraped}} == bool 0)`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Wrong configuration',
      answers: 'How many exporters refused their newest configuration and run on with the old one?',
      unit: 'short',
      empty: 'none is scraped',
      size: [4, 4],
      queries: [instant(`sum(godrift_config_last_reload_successful{${scraped}} == bool 0)`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Spans waiting',
      answers: 'How many spans of the journal has the trace endpoint not accepted yet?',
      unit: 'short',
      empty: 'none is scraped',
      size: [4, 4],
      queries: [instant(`sum(godrift_outbox_pending_spans{${scraped}})`)],
    },
    anyIsOrange,
  ),
  figure(
    {
      title: 'Oldest waiting span',
      answers: 'For how long has the trace endpoint accepted nothing?',
      unit: 's',
      empty: 'none waits',
      size: [4, 4],
      queries: [instant(`time() - min(godrift_outbox_oldest_span_timestamp_seconds{${scraped}})`)],
    },
    plain,
  ),
  list(
    {
      title: 'Exporters',
      answers: 'Which exporters are there, which versions, and since when do they run?',
      unit: 'none',
      empty: 'none is scraped',
      size: [24, 8],
      queries: [
        rows(`godrift_build_info{${scraped}}`),
        rows(up),
        rows(`process_start_time_seconds{${scraped}} * 1000 and on (job, instance) godrift_build_info`),
        rows(`godrift_config_last_reload_success_timestamp_seconds{${scraped}} * 1000`),
        rows(`count by (job, instance) (godrift_target_info{${scraped}})`),
        rows(`scrape_samples_scraped{${scraped}}`),
        rows(`godrift_config_hash{${scraped}}`),
      ],
    },
    [
      instance,
      { field: 'Value #B', name: 'scraped', mappings: [yesNo('up', 'down', 'yes')] },
      { field: 'version', name: 'version' },
      { field: 'revision', name: 'revision' },
      { field: 'node_version', name: 'Node' },
      { field: 'Value #C', name: 'started', unit: 'dateTimeFromNow' },
      { field: 'Value #D', name: 'configuration of', unit: 'dateTimeFromNow' },
      { field: 'Value #E', name: 'targets', unit: 'short' },
      { field: 'Value #F', name: 'series', unit: 'short' },
      { field: 'Value #G', name: 'configuration file', unit: 'hex' },
    ],
  ),
];

const looking = [
  lines({
    title: 'Passes a minute',
    answers: 'Does every exporter observe as often as its interval says? The twenty busiest.',
    unit: 'short',
    empty: 'nothing was counted',
    size: [8, 8],
    queries: [range(`topk(20, rate(godrift_passes_total{${scraped}}[$__rate_interval]) * 60)`, byInstance)],
  }),
  lines({
    title: 'Slowest runs, by collector',
    answers: 'Which collector takes how long, at worst?',
    unit: 's',
    empty: 'nothing was collected',
    size: [8, 8],
    queries: [
      range(`max by (collector) (godrift_collector_duration_seconds{${scraped}})`, {
        legend: '{{collector}}',
      }),
    ],
  }),
  lines({
    title: 'Age of what is served, by collector',
    answers: 'How old is the oldest value that is served?',
    unit: 's',
    empty: 'nothing was collected',
    size: [8, 8],
    queries: [
      range(`time() - min by (collector) (godrift_collector_last_success_timestamp_seconds{${scraped}})`, {
        legend: '{{collector}}',
      }),
    ],
  }),
  list(
    {
      title: 'Collectors that fail',
      answers: 'Which facets of which targets cannot be read?',
      unit: 'none',
      empty: 'every collector succeeds',
      size: [12, 8],
      queries: [rows(`topk(100, godrift_collector_success{${scraped}} == 0)`)],
    },
    [
      { field: 'job', name: 'job', hidden: true },
      { field: 'target', name: 'target', links: [toTarget] },
      instance,
      { field: 'collector', name: 'collector' },
    ],
  ),
  list(
    {
      title: 'Environments that cannot be read',
      answers: 'Of which targets can the process environment not be read, and why?',
      unit: 'none',
      empty: 'every environment can be read',
      size: [12, 8],
      queries: [rows(`topk(100, godrift_target_readable{${scraped}} == 0)`)],
    },
    [
      { field: 'job', name: 'job', hidden: true },
      { field: 'target', name: 'target', links: [toTarget] },
      instance,
      { field: 'reason', name: 'reason' },
    ],
  ),
  lines({
    title: 'Disagreements with go env',
    answers:
      'For how many variables did go env answer otherwise than the files said? More than none is a bug of godrift.',
    unit: 'short',
    empty: 'go env was not asked yet',
    size: [12, 7],
    queries: [range(`sum by (instance) (godrift_env_disagreements{${scraped}})`, byInstance)],
  }).decimals(0),
  bars({
    title: 'Changes announced and missed',
    answers: 'Does the watcher notice changes? Missed changes were found only by the periodic pass.',
    unit: 'short',
    empty: 'nothing was counted',
    size: [12, 7],
    queries: [
      range(`sum(increase(godrift_watch_events_total{${scraped}}[$__rate_interval]))`, {
        legend: 'announced',
      }),
      range(`sum(increase(godrift_watch_missed_changes_total{${scraped}}[$__rate_interval]))`, {
        legend: 'missed',
      }),
    ],
  }).decimals(0),
  lines({
    title: 'Since the canary was seen',
    answers:
      'Do change events arrive at all? Each exporter changes a file once a minute and should receive an event for it.',
    unit: 's',
    empty: 'no exporter watches',
    size: [12, 7],
    queries: [
      range(
        `max by (instance) (time() - godrift_watch_canary_last_seen_timestamp_seconds{${scraped}})`,
        byInstance,
      ),
    ],
  }),
  lines({
    title: 'Targets found by patterns',
    answers:
      'How many targets do patterns find, how many may they find, and how many of those that were found are not observed?',
    unit: 'short',
    empty: 'none is scraped',
    size: [12, 7],
    queries: [
      range(`sum(godrift_discovered_targets{${scraped}})`, { legend: 'observed' }),
      range(`sum(godrift_target_limit{${scraped}})`, { legend: 'limit' }),
      range(`sum by (reason) (godrift_discovery_skipped_targets{${scraped}})`, {
        legend: 'not observed: {{reason}}',
      }),
      range(`sum by (reason) (godrift_discovery_incomplete{${scraped}})`, {
        legend: 'not looked through: {{reason}}',
      }),
    ],
  }).decimals(0),
  lines({
    title: 'Targets that came and went',
    answers:
      'How many targets did patterns find anew, how many are gone, how long ago were they looked for, and does each probe answer?',
    unit: 'short',
    empty: 'nothing was counted',
    size: [12, 7],
    queries: [
      range(`sum by (change) (increase(godrift_discovery_changes_total{${scraped}}[$__rate_interval]))`, {
        legend: '{{change}}',
      }),
      range(`max(time() - godrift_discovery_last_success_timestamp_seconds{${scraped}})`, {
        legend: 'seconds since the last look',
      }),
      range(`min(godrift_probe_success{${scraped}})`, { legend: 'probes that answer' }),
    ],
  }).decimals(0),
];

const recording = [
  lines({
    title: 'Spans waiting',
    answers: 'Is the trace endpoint there, and does the backlog shrink?',
    unit: 'short',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [range(highest(`godrift_outbox_pending_spans{${scraped}}`), byInstance)],
  }).decimals(0),
  bars({
    title: 'Spans exported and dropped',
    answers: 'How many spans were exported, and how many were dropped for good? Failed requests are retried.',
    unit: 'short',
    empty: 'nothing was counted',
    size: [8, 8],
    queries: [
      range(`sum(increase(godrift_outbox_exported_spans_total{${scraped}}[$__rate_interval]))`, {
        legend: 'exported',
      }),
      range(`sum by (reason) (increase(godrift_outbox_dropped_spans_total{${scraped}}[$__rate_interval]))`, {
        legend: 'dropped: {{reason}}',
      }),
      range(
        `sum by (reason) (increase(godrift_outbox_failed_requests_total{${scraped}}[$__rate_interval]))`,
        {
          legend: 'failed requests: {{reason}}',
        },
      ),
    ],
  }).decimals(0),
  bars({
    title: 'Failed journal writes',
    answers: 'Did writes of the journal fail? Records wait in memory and are written later.',
    unit: 'short',
    empty: 'nothing was counted',
    size: [8, 8],
    queries: [
      range(
        `sum by (instance) (increase(godrift_journal_errors_total{${scraped}}[$__rate_interval]))`,
        byInstance,
      ),
    ],
  }).decimals(0),
  lines({
    title: 'Events waiting for the event log',
    answers: 'Can the event log be written, and since when not?',
    unit: 'short',
    empty: 'no event log is configured',
    size: [12, 8],
    queries: [range(highest(`godrift_event_log_pending_events{${scraped}}`), byInstance)],
  }).decimals(0),
  bars({
    title: 'Events written and given up',
    answers:
      'How many events were written to the event log, and how many were given up? Failed writes are retried.',
    unit: 'short',
    empty: 'no event log is configured',
    size: [12, 8],
    queries: [
      range(`sum(increase(godrift_event_log_events_total{${scraped}}[$__rate_interval]))`, {
        legend: 'written',
      }),
      range(`sum(increase(godrift_event_log_dropped_events_total{${scraped}}[$__rate_interval]))`, {
        legend: 'given up',
      }),
      range(`sum(increase(godrift_event_log_errors_total{${scraped}}[$__rate_interval]))`, {
        legend: 'failed writes',
      }),
    ],
  }).decimals(0),
  lines({
    title: 'Oldest event waiting',
    answers: 'For how long could an event log not be written?',
    unit: 's',
    empty: 'none waits',
    size: [8, 8],
    queries: [range(`time() - godrift_event_log_oldest_event_timestamp_seconds{${scraped}}`, byInstance)],
  }),
  list(
    {
      title: 'Heads of the journals',
      answers:
        'Which line was the last, what was its hash, and does each follow from the one before? The witness for godrift events --verify.',
      unit: 'none',
      empty: 'no journal is written',
      size: [16, 8],
      queries: [rows(`godrift_journal_head_info{${scraped}}`), rows(`godrift_journal_intact{${scraped}}`)],
    },
    [
      instance,
      { field: 'seq', name: 'line' },
      { field: 'hash', name: 'hash' },
      { field: 'Value #B', name: 'whole', mappings: [yesNo('yes', 'changed', 'yes')] },
    ],
  ),
  lines({
    title: 'Lines of the journals',
    answers: 'How much is recorded? If a curve falls, the journal was emptied or replaced.',
    unit: 'short',
    empty: 'no journal is written',
    size: [8, 8],
    queries: [range(highest(`godrift_journal_last_sequence{${scraped}}`), byInstance)],
  }).decimals(0),
];

const resources = [
  lines({
    title: 'CPU',
    answers: 'What do the exporters cost? The twenty busiest, in cores.',
    unit: 'percentunit',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [
      range(
        `topk(20, rate(process_cpu_seconds_total{${scraped}}[$__rate_interval]) and on (job, instance) godrift_build_info)`,
        byInstance,
      ),
    ],
  }),
  lines({
    title: 'Memory',
    answers: 'Does an exporter grow? The twenty largest.',
    unit: 'bytes',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [
      range(
        `${highest(`process_resident_memory_bytes{${scraped}}`)} and on (job, instance) godrift_build_info`,
        byInstance,
      ),
    ],
  }),
  lines({
    title: 'Longest stall of the event loop',
    answers: 'Is an exporter blocked, so that scrapes wait?',
    unit: 's',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [range(highest(`nodejs_eventloop_delay_max_seconds{${scraped}}`), byInstance)],
  }),
  lines({
    title: 'Duration of a scrape',
    answers: 'How long does Prometheus wait for the metrics?',
    unit: 's',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [range(highest(`scrape_duration_seconds{${scraped}}`), byInstance)],
  }),
  lines({
    title: 'Directories watched',
    answers: 'How many inotify watches does each exporter hold, and how many may its user hold?',
    unit: 'short',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [
      range(highest(`godrift_watches{${scraped}}`), byInstance),
      range(`sum(godrift_watches_failed{${scraped}})`, { legend: 'not watched' }),
      range(`min(godrift_watch_limit{${scraped}})`, { legend: 'lowest limit' }),
    ],
  }).decimals(0),
  lines({
    title: 'Open files',
    answers: 'Does an exporter leak file descriptors?',
    unit: 'short',
    empty: 'none is scraped',
    size: [8, 8],
    queries: [
      range(
        `${highest(`process_open_fds{${scraped}}`)} and on (job, instance) godrift_build_info`,
        byInstance,
      ),
    ],
  }).decimals(0),
];

export const exporter: Board = {
  uid: uids.exporter,
  title: 'godrift / exporter',
  description: 'The exporters themselves: whether they look, record and send, and what they cost.',
  from: 'now-6h',
  variables: [variables.datasource, variables.job, variables.instance],
  annotations: [],
  rows: [
    { title: 'Now', panels: now },
    { title: 'Looking', panels: looking },
    { title: 'Recording and sending', panels: recording },
    { title: 'Resources', panels: resources },
  ],
};
