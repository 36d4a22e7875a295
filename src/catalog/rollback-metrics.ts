/** Metrics of rollbacks. Their values are stored with the journal and survive restarts. */
import { type MetricRow, row } from './metric-row.ts';

/** Number of facets that can be rolled back, and number of possible results. */
const [facets, results] = [4, 5];

/** Metrics of a target, for each facet that can be rolled back. */
export const rollbackTargetMetrics = [
  row(
    'rollbacks_total',
    'counter',
    ['facet', 'result'],
    facets * results,
    'Requested rollbacks by result: applied and verified (applied), only recorded (dry_run), not started (refused), started and reverted (undone), started and neither completed nor reverted (failed).',
  ),
  row(
    'rollback_last_timestamp_seconds',
    'gauge',
    ['facet'],
    facets,
    'When the last started rollback ended; absent before the first.',
  ),
  row(
    'rollback_last_start_timestamp_seconds',
    'gauge',
    ['facet'],
    facets,
    'When the last rollback started; later than the end of the last rollback while one is in progress. Absent before the first.',
  ),
  row(
    'rollback_quarantined',
    'gauge',
    ['facet'],
    facets,
    'Whether the facet is in quarantine after a rollback (1): alerts cannot roll it back again until it was without drift for rollback.quarantine, or a user releases it.',
  ),
  row(
    'rollback_confirm_by_timestamp_seconds',
    'gauge',
    ['facet'],
    facets,
    'When an unconfirmed rollback will be reverted; absent if none waits for confirmation.',
  ),
  row('rollback_pending_approvals', 'gauge', [], 1, 'Rollbacks that wait for approval.'),
] as const satisfies readonly MetricRow[];

/** Metrics of the exporter. */
export const rollbackExporterMetrics = [
  row(
    'rollback_duration_seconds',
    'histogram',
    ['result'],
    3,
    'Duration of started rollbacks, from the first change to the end of the verification or of the revert.',
    false,
  ),
  row(
    'rollback_breaker_open',
    'gauge',
    [],
    1,
    'Whether the circuit breaker is open (1): so many targets drift at once that the baseline is probably wrong, and alerts trigger no rollbacks.',
    false,
  ),
  row('rollback_paused', 'gauge', [], 1, 'Whether rollbacks triggered by alerts are paused (1).', false),
] as const satisfies readonly MetricRow[];
