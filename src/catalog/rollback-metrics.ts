/** Metrics of rollbacks. They are a memory, kept with the journal: a restart changes nothing of them. */
import { type MetricRow, row } from './metric-row.ts';

/** Facets that a rollback can put back, and the results that it can have. */
const [facets, results] = [4, 5];

/** Of a target, for each facet that a rollback can put back. */
export const rollbackTargetMetrics = [
  row(
    'rollbacks_total',
    'counter',
    ['facet', 'result'],
    facets * results,
    'Rollbacks that were asked for, by what became of them: done and verified (applied), only recorded (dry_run), not begun (refused), begun and taken back (undone), begun and neither done nor taken back (failed).',
  ),
  row(
    'rollback_last_timestamp_seconds',
    'gauge',
    ['facet'],
    facets,
    'When the last rollback that was begun ended; absent before the first.',
  ),
  row(
    'rollback_last_start_timestamp_seconds',
    'gauge',
    ['facet'],
    facets,
    'When the last rollback that was begun began; later than the end of the last while one is made. Absent before the first.',
  ),
  row(
    'rollback_quarantined',
    'gauge',
    ['facet'],
    facets,
    'Whether the facet was rolled back and no alert may have it rolled back again yet (1): until it was without drift for rollback.quarantine, or somebody releases it.',
  ),
  row(
    'rollback_confirm_by_timestamp_seconds',
    'gauge',
    ['facet'],
    facets,
    'Until when somebody has to confirm a rollback, or it is taken back; absent where none waits for that.',
  ),
  row('rollback_pending_approvals', 'gauge', [], 1, 'Rollbacks that wait for somebody to approve them.'),
] as const satisfies readonly MetricRow[];

/** Of the exporter. */
export const rollbackExporterMetrics = [
  row(
    'rollback_duration_seconds',
    'histogram',
    ['result'],
    3,
    'How long rollbacks took that were begun, from the first change to the end of the verification, or of taking them back.',
    false,
  ),
  row(
    'rollback_breaker_open',
    'gauge',
    [],
    1,
    'Whether so many targets drift at once that the baseline is rather wrong (1): nothing is rolled back for an alert.',
    false,
  ),
  row(
    'rollback_paused',
    'gauge',
    [],
    1,
    'Whether somebody paused the rollbacks that alerts ask for (1).',
    false,
  ),
] as const satisfies readonly MetricRow[];
