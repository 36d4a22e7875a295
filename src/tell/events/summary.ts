/** Summarizes an event in one sentence, for `godrift events` and the event log. Pure. */
import { counted } from '../../catalog/counted.ts';
import {
  type EventTable,
  type GapEvent,
  type JournalEvent,
  project,
  type TargetEvent,
} from '../../drift/events.ts';
import { type ProbableWriter, writerText } from '../../drift/probable-writer.ts';
import { retryText } from '../../drift/retry-text.ts';
import type { EntryChange } from '../../drift/state.ts';
import { duration } from '../status/html.ts';

/** Most changes that are listed; the rest is counted. */
const named = 3;

/** Lists changes: `env.GOFLAGS (none) → -trimpath; 2 more`. */
export function changesText(changes: readonly EntryChange[], omitted = 0): string {
  const rest = changes.length - named + omitted;
  return [
    ...changes
      .slice(0, named)
      .map(({ key, expected, actual }) => `${key} ${expected ?? '(none)'} → ${actual ?? '(none)'}`),
    ...(rest > 0 && changes.length > 0 ? [`${rest} more`] : []),
  ].join('; ');
}

/**
 * Names the processes that probably wrote the files behind a drift, as the end of a sentence; empty if
 * unknown.
 */
export function writersText(writers: readonly ProbableWriter[] | undefined): string {
  return (writers ?? []).map((writer) => `; ${writerText(writer)}`).join('');
}

const by = (who: string | undefined) => (who === undefined ? '' : ` by ${who}`);
const because = (why: string | undefined) => (why === undefined ? '' : `: ${why}`);
const whom = ({ target, pattern }: { readonly target?: string; readonly pattern?: string }) =>
  target ?? `targets like ${pattern}`;

function gapText(gap: GapEvent): string {
  switch (gap.reason) {
    case 'torn-line':
      return `the record was interrupted: ${gap.bytes} bytes of a line that was never acknowledged were cut`;
    case 'unreadable-line':
      return `${counted(gap.lines, 'line')} at the end of ${gap.segment} cannot be read`;
    case 'not-written':
      return `${counted(gap.appends, 'record')} lost: ${gap.why}`;
    case 'changed-outside':
      return `the journal was changed outside of godrift: it ended at line ${gap.found_seq}, although line ${gap.last_seq} was written`;
  }
}

function othersText(others: TargetEvent['others']): string {
  if (others === undefined) return '';
  const { count, names } = others;
  const more = count > names.length ? ' …' : '';
  return `, and ${count} more${names.length === 0 ? '' : ` (${names.join(', ')}${more})`}`;
}

const summaries: EventTable<string> = {
  drift: ({ target, facets, level, changes, entries_omitted, writers }) =>
    `${target}: ${facets.join(', ')} drifted (${level})${because(changesText(changes, entries_omitted) || undefined)}${writersText(writers)}`,
  resolved: ({ target, facets, level, duration_s, why }) =>
    why === undefined
      ? `${target}: ${facets.join(', ')} agrees with the baseline again, after ${duration(duration_s * 1000)} (${level})`
      : `${target}: the drift of ${facets.join(', ')} ends after ${duration(duration_s * 1000)} (${level}): ${why}`,
  baseline: ({ target, kind, who, why }) => `${target}: baseline ${kind}${by(who)}${because(why)}`,
  deployment: (event) =>
    `${whom(event)}: deployment marked by ${event.who} for ${duration(event.grace_seconds * 1000)}: ${event.reason}`,
  waiver: (event) =>
    event.action === 'add'
      ? `${whom(event)}: waiver ${event.id} made by ${event.who} until ${event.expires}: ${event.reason}`
      : `waiver ${event.id} ended by ${event.who}`,
  target: ({ target, change, workspace, facets = [], others }) =>
    `${target}: ${change === 'appeared' ? 'found in' : 'gone from'} ${workspace}${facets.length === 0 ? '' : `, while ${facets.join(', ')} drifts`}${othersText(others)}`,
  intent: (event) =>
    event.operation === 'rollback' ? `${event.target}: ${event.why}, asked for by ${event.who}` : event.why,
  outcome: (event) => (event.operation === 'rollback' ? `${event.target}: ${event.why}` : event.why),
  undo: ({ line, undone, why }) => `line ${line} (${undone}) was taken back: ${why}`,
  gap: gapText,
  alert: (event) =>
    event.action === 'ask'
      ? `${event.target}: ${event.source} asks for a rollback of ${event.facets.join(', ')} because ${event.alertname} fires${because(event.reason)}`
      : `${event.target}: the rollback of ${event.facets.join(', ')} that ${event.source} asked for was ${event.decision}: ${event.why}`,
  refusal: ({ target, facets, who, refusals, reverts, retry_at: again }) =>
    `${target}: rollback of ${facets.join(', ')} asked for by ${who} was refused: ${refusals.join('; ')}${reverts === undefined || again === undefined ? '' : `; ${retryText(reverts, again)}`}`,
  approval: ({ target, why }) => `${target}: ${why}`,
  control: ({ action, who, target, facets = [], id, reason, tried, unchanged }) => {
    const named = tried === true ? `try ${id}` : `rollback ${id}`;
    if (unchanged === true)
      return `${target}: nothing to revert of ${facets.join(', ')}: it is as it was before ${named}`;
    const what = {
      pause: 'rollbacks paused',
      resume: 'rollbacks resumed',
      release: `${target}: ${facets.join(', ')} released from quarantine`,
      confirm: `${target}: ${named} confirmed`,
    }[action];
    return `${what} by ${who}${because(reason)}`;
  },
  blame: ({ target, why, worlds, who }) =>
    `${target}: ${why}, as ${who} found in ${counted(worlds, 'world')}`,
  try: ({ target, why, who }) => `${target}: ${why}, tried by ${who}`,
};

/** Returns the sentence for an event. For a damaged line it says that the line cannot be read. */
export function summaryOf(event: JournalEvent): string {
  try {
    // No-break spaces between number and unit are for HTML; here they would be printed as escapes.
    return String(project(summaries, event)).replaceAll('\u00a0', ' ');
  } catch {
    return 'this line cannot be read';
  }
}
