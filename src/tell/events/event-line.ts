/**
 * A line of the event log (contract §4), projected from one journal line. Pure: writing a journal line again
 * gives the same event line.
 *
 * `context` begins with the type of the event and the position of its journal line. A writer that was killed
 * uses it to find its place again, and an archive of the event log can serve as a witness of the journal.
 */
import { type EventTable, type JournalEvent, project } from '../../drift/events.ts';
import { type Severity, severityOfDrift, severityOfLevel } from '../../drift/severity.ts';
import type { JournalLine } from '../../store/journal.ts';
import { summaryOf } from './summary.ts';

/** The fields of a line. The ids are empty if the event has no span. */
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

interface EventPart {
  readonly severity: Severity;
  readonly context: Readonly<Record<string, unknown>>;
  /** Id that the onset and the end of a drift share. */
  readonly id?: string;
}

const info = ({ type: _, ...context }: JournalEvent): EventPart => ({ severity: 'info', context });

const table: EventTable<EventPart> = {
  drift: (event) => ({
    severity: severityOfDrift(event),
    id: event.event_id,
    context: {
      target: event.target,
      workspace: event.workspace,
      // Changes are sorted by weight, heaviest first.
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
  // Contract §4: a failed rollback is critical; an undone one left everything as it was.
  outcome: ({ type: _, ...context }) => ({
    severity: context.result === 'failed' ? 'critical' : context.result === 'undone' ? 'warning' : 'info',
    context,
  }),
  undo: ({ type: _, ...context }) => ({ severity: 'warning', context }),
  // The write of a torn line was never acknowledged, so nothing is lost.
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

/**
 * Returns the event line of a journal line. For a damaged journal line it says that the line cannot be read.
 */
export function eventLine({ seq, hash, time, type }: JournalLine, event: JournalEvent): EventLine {
  const { severity, context, id } = eventPartOf(event);
  const { trace_id = '', span_id = '' } = event as { trace_id?: string; span_id?: string };
  // Number, time and chain, which the journal adds to a record, are in `journal` and `ts`.
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

function eventPartOf(event: JournalEvent): EventPart {
  try {
    return project(table, event);
  } catch {
    return { severity: 'warning', context: {} };
  }
}
