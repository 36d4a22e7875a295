/** Series of the exporter itself. */
import { fingerprintNumber } from '../../drift/fingerprint.ts';
import type { ExporterState } from '../../drift/state.ts';
import type { ProcessFacts } from '../../host/self.ts';
import { type FamilySamples, family, type Sample, seconds } from './family.ts';
import { ownRollbackFamilies } from './rollbacks.ts';

function byReason(counts: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(counts).map(([reason, value]) => ({ labels: { reason }, value }));
}

/** Returns the counters of received alerts and of refused admin requests. */
const askedFamilies = ({ alerts, adminRefusals }: ExporterState): readonly FamilySamples[] => [
  family(
    'alerts_received_total',
    undefined,
    Object.entries(alerts).flatMap(([source, results]) =>
      Object.entries(results).map(([result, value]) => ({ labels: { source, result }, value })),
    ),
  ),
  family(
    'admin_refused_requests_total',
    undefined,
    adminRefusals === undefined ? [] : byReason(adminRefusals),
  ),
];

/**
 * Returns the series of the exporter itself, which have no label `target`. `nodeVersion` is in Node's format
 * (`v20.19.0`).
 */
export function exporterFamilies(
  state: ExporterState,
  facts: ProcessFacts,
  nodeVersion: string,
): readonly FamilySamples[] {
  const { config, discovery, eventLog, journal, outbox, watcher } = state;
  const { head } = journal;
  const one = (name: string, value: number | undefined, labels?: Readonly<Record<string, string>>) =>
    family(
      name,
      undefined,
      value === undefined ? [] : [{ value, ...(labels === undefined ? {} : { labels }) }],
    );
  return [
    one('build_info', 1, { version: state.version, revision: state.revision, node_version: nodeVersion }),
    one('config_last_reload_successful', config.ok ? 1 : 0),
    one('config_last_reload_success_timestamp_seconds', seconds(config.loadedAt)),
    one('config_hash', config.fingerprint === undefined ? undefined : fingerprintNumber(config.fingerprint)),
    one('journal_errors_total', journal.errors),
    ...(head === undefined ? [] : [one('journal_head_info', 1, { seq: String(head.seq), hash: head.hash })]),
    one('journal_last_sequence', head?.seq),
    one('journal_intact', journal.intact === undefined ? undefined : Number(journal.intact)),
    one('state_directory_writable', state.stateWritable ? 1 : 0),
    one('outbox_pending_spans', outbox.pending),
    one(
      'outbox_oldest_span_timestamp_seconds',
      outbox.oldest === undefined ? undefined : seconds(outbox.oldest),
    ),
    one('outbox_exported_spans_total', outbox.exported),
    family('outbox_dropped_spans_total', undefined, byReason(outbox.dropped)),
    family('outbox_failed_requests_total', undefined, byReason(outbox.failed)),
    one('event_log_events_total', eventLog?.written),
    one('event_log_pending_events', eventLog?.pending),
    one(
      'event_log_oldest_event_timestamp_seconds',
      eventLog?.oldest === undefined ? undefined : seconds(eventLog.oldest),
    ),
    one('event_log_errors_total', eventLog?.errors),
    one('event_log_dropped_events_total', eventLog?.dropped),
    ...askedFamilies(state),
    one('watches', watcher.watches),
    one('watches_failed', watcher.failed),
    one('watch_limit', facts.watchLimit),
    one('watch_events_total', watcher.events),
    one('watch_missed_changes_total', watcher.missed),
    one(
      'watch_canary_last_seen_timestamp_seconds',
      watcher.canary === undefined ? undefined : seconds(watcher.canary.seen),
      { filesystem: watcher.canary?.filesystem ?? '' },
    ),
    one('discovered_targets', discovery.found),
    one('target_limit', discovery.limit),
    family('discovery_skipped_targets', undefined, byReason(discovery.skipped)),
    family('discovery_incomplete', undefined, byReason(discovery.incomplete)),
    one(
      'discovery_last_success_timestamp_seconds',
      discovery.lastSuccess === undefined ? undefined : seconds(discovery.lastSuccess),
    ),
    family(
      'discovery_changes_total',
      undefined,
      (['appeared', 'vanished'] as const).map((change) => ({ labels: { change }, value: discovery[change] })),
    ),
    ...ownRollbackFamilies(state.rollbacks),
    one('passes_total', state.passes),
    one('process_cpu_seconds_total', facts.cpuSeconds),
    one('process_resident_memory_bytes', facts.residentBytes),
    one('process_start_time_seconds', facts.startTimeSeconds),
    one('process_open_fds', facts.openFds),
    one('nodejs_eventloop_delay_max_seconds', facts.eventLoopDelayMaxSeconds),
  ].filter(({ samples }) => samples.length > 0);
}
