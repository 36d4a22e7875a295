/**
 * A line of the event log (contract §4): a projection of one line of the journal. Pure, so that a line that is written again is the same line.
 *
 * `context` begins with the type of the event and with the place of its line in the journal: by it a writer that was killed finds where it
 * was, and whoever keeps the log keeps a witness of the journal.
 */
import { type EventTable, type JournalEvent, project } from '../../drift/events.ts';
import { type Severity, severityOfDrift, severityOfLevel } from '../../drift/severity.ts';
import type { JournalLine } from '../../store/journal.ts';
import { summaryOf } from './summary.ts';

/** What every line has; ids are empty where the event has no span. */
export interface EventLine {
  readonly alert_id: string;
  readonly severity: Severity;
  readonly source: 'godrift';
  readonly summary: string;
  /** ms since the epoch. */
  readonly ts: number;
  readonly context: Readonly<Record<string, unknown>>;
  readonly trace_id: string;
  readonly span_id: string;
}

interface Told {
  readonly severity: Severity;
  readonly context: Readonly<Record<string, unknown>>;
  /** An id of its own, by which onset and end belong together. */
  readonly id?: string;
}

const info = ({ type: _, ...context }: JournalEvent): Told => ({ severity: 'info', context });

const table: EventTable<Told> = {
  drift: (event) => ({
    severity: severityOfDrift(event),
    id: event.event_id,
    context: {
      target: event.target,
      workspace: event.workspace,
      // Heaviest first.
      facet: event.changes[0]?.facet ?? event.facets[0],
      facets: event.facets,
      level: event.level,
      cause: event.cause,
      old_fingerprint: event.fingerprint_old,
      new_fingerprint: event.fingerprint_new,
      baseline: event.baseline_kind,
      change_ratio: event.change_ratio,
      semantic_distance: event.semantic_distance,
      changes: event.changes.map(({ key, expected, actual }) => ({ key, old: expected, new: actual })),
      changes_omitted: event.entries_omitted,
      writers: event.writers,
    },
  }),
  resolved: (event) => ({
    severity: event.severity ?? severityOfLevel(event.level),
    id: event.event_id,
    context: {
      target: event.target,
      workspace: event.workspace,
      facet: event.facets[0],
      facets: event.facets,
      level: event.level,
      old_fingerprint: event.fingerprint_old,
      new_fingerprint: event.fingerprint_new,
      baseline: event.baseline_kind,
      duration_s: event.duration_s,
      why: event.why,
      changes: [],
    },
  }),
  baseline: info,
  deployment: info,
  waiver: info,
  intent: info,
  target: info,
  // Contract §4: a rollback that failed is critical; one that was undone left things as they were.
  outcome: ({ type: _, ...context }) => ({
    severity: context.result === 'failed' ? 'critical' : context.result === 'undone' ? 'warning' : 'info',
    context,
  }),
  undo: ({ type: _, ...context }) => ({ severity: 'warning', context }),
  // A line that was never acknowledged is lost to nobody.
  gap: ({ type: _, ...context }) => ({
    severity:
      context.reason === 'torn-line' ? 'info' : context.reason === 'not-written' ? 'warning' : 'error',
    context,
  }),
  alert: ({ type: _, ...context }) => ({
    severity: context.action === 'answer' && context.decision === 'refused' ? 'warning' : 'info',
    context,
  }),
  refusal: ({ type: _, ...context }) => ({ severity: 'warning', context }),
  approval: info,
  control: info,
  blame: info,
  try: ({ type: _, ...context }) => ({
    severity: context.result === 'failed' ? 'warning' : 'info',
    context,
  }),
};

/** The event of a line of the journal; of a line that somebody damaged, that it cannot be read. */
export function eventLine({ seq, hash, time, type }: JournalLine, event: JournalEvent): EventLine {
  const { severity, context, id } = toldOf(event);
  const { trace_id = '', span_id = '' } = event as { trace_id?: string; span_id?: string };
  // What the journal adds to a record of its own (number, time, chain) is told by `journal` and `ts`.
  const { seq: _seq, time: _time, prev: _prev, ...facts } = context;
  return {
    alert_id: id ?? hash.slice(0, 32),
    severity,
    source: 'godrift',
    summary: summaryOf(event),
    ts: Date.parse(time),
    context: { type, journal: { sequence: seq, hash }, ...facts },
    trace_id,
    span_id,
  };
}

function toldOf(event: JournalEvent): Told {
  try {
    return project(table, event);
  } catch {
    return { severity: 'warning', context: {} };
  }
}
