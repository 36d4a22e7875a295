/**
 * Renders the post-mortem of one trace as Markdown: when the drift began and was detected, what differed,
 * what was done and by whom, and the journal lines that prove it. It states only what is on record; people
 * add the reasons. Pure.
 */
import { visible } from '../../catalog/visible.ts';
import type { DriftRecord, RefusalEvent, ResolvedRecord, RollbackOutcome } from '../../drift/events.ts';
import { severityOfDrift } from '../../drift/severity.ts';
import { place } from '../status/html.ts';
import { type HistoryRow, onsetOf, type TraceHistory } from './trace-history.ts';

/** Formats a time: `2026-11-29 14:02:11.120Z`. A time out of the range of Date is `-`. */
export function momentText(ms: number): string {
  return Math.abs(ms) <= 8.64e15 ? new Date(ms).toISOString().replace('T', ' ') : '-';
}

/** Formats an offset: `+41.2 s`, `+12 min 3 s`. */
export function afterText(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${tookText(Math.abs(ms))}`;
}

/** Formats a duration for tables that contain steps of 2 ms as well as drifts of 3 days. */
export function tookText(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  const [days, hours, minutes] = [86_400, 3600, 60].map((size) => Math.floor(seconds / size)) as [
    number,
    number,
    number,
  ];
  if (days > 0) return `${days} d ${hours % 24} h`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min ${seconds % 60} s`;
}

/** Escapes prose for a table cell: nothing in it is markup. */
const cell = (text: string) => visible(text).replaceAll(/[\\`*_[\]<>|~&#]/g, (sign) => `\\${sign}`);

/**
 * Formats literal text for a table cell, between more backticks than it contains. A pipe would end the cell
 * even within backticks, and even after a backslash of the text, so text with a pipe is rendered as prose.
 */
function code(text: string): string {
  const shown = visible(text);
  if (shown.includes('|')) return cell(text);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((run) => run.length));
  const fence = '`'.repeat(longest + 1);
  const space = /^[ `]|[ `]$/.test(shown) ? ' ' : '';
  return shown === '' ? '' : `${fence}${space}${shown}${space}${fence}`;
}

const table = (head: readonly string[], rows: readonly (readonly string[])[]) =>
  [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');

/** Returns a section with its title, or nothing if it would be empty. */
const section = (title: string, text: string | undefined) =>
  text === undefined ? [] : [`## ${title}`, text];

interface Parts {
  readonly drift?: DriftRecord;
  /** Onset of that drift, ms since the epoch. */
  readonly onset: number;
  readonly resolved?: ResolvedRecord;
  readonly outcomes: readonly RollbackOutcome[];
  readonly refusals: readonly RefusalEvent[];
}

function partsOf({ lines }: TraceHistory): Parts {
  const events = lines.map(({ event }) => event);
  const drift = events.find((event) => event.type === 'drift');
  const resolved = events.findLast((event) => event.type === 'resolved');
  return {
    ...(drift === undefined ? {} : { drift }),
    onset: lines.find(({ event }) => event === drift)?.onset ?? (drift === undefined ? 0 : onsetOf(drift)),
    ...(resolved === undefined ? {} : { resolved }),
    outcomes: events.flatMap((event) =>
      event.type === 'outcome' && event.operation === 'rollback' ? [event] : [],
    ),
    refusals: events.filter((event) => event.type === 'refusal'),
  };
}

/** Renders the post-mortem of a trace. */
export function postMortem(history: TraceHistory): string {
  const parts = partsOf(history);
  const start = history.rows[0]?.from ?? 0;
  return `${[
    `# ${titleOf(parts)}`,
    table(['', ''], summaryRows(history, parts, start)),
    ...section('What differed', changesTable(parts)),
    ...parts.outcomes.flatMap(outcomeSection),
    ...section('What was refused', refusalList(parts)),
    ...section('Timeline', timelineTable(history.rows, start)),
    ...section('Record', recordText(history)),
  ].join('\n\n')}\n`;
}

function endingOf({ resolved, outcomes, refusals, drift }: Parts): string {
  // A dry run changed nothing.
  const last = outcomes.findLast(({ result }) => result !== 'dry_run');
  const refused = refusals.at(-1);
  if (refused?.reverts !== undefined && refused.start >= (last?.end ?? 0))
    return `${drift === undefined ? 'was changed' : 'drifted'}, and the revert of the unconfirmed change was refused`;
  if (last?.result === 'applied')
    return drift === undefined ? 'was rolled back' : 'drifted and was rolled back';
  if (last !== undefined)
    return `drifted, and its rollback ${last.result === 'undone' ? 'was undone' : 'failed'}`;
  if (resolved !== undefined) return 'drifted, and healed';
  return refusals.length > 0 ? 'drifted, and its rollback was refused' : 'drifted';
}

function titleOf(parts: Parts): string {
  const { drift, outcomes, refusals } = parts;
  const about = drift ?? outcomes[0] ?? refusals[0];
  return `${cell((about?.facets ?? []).join(', '))} of ${cell(about?.target ?? '')} ${endingOf(parts)}`;
}

function summaryRows(history: TraceHistory, parts: Parts, start: number): readonly (readonly string[])[] {
  const { drift, onset, resolved, outcomes, refusals } = parts;
  const about = drift ?? outcomes[0] ?? refusals[0];
  const applied = outcomes.findLast(({ result }) => result === 'applied');
  const after = (ms: number) => `${momentText(ms)} (${afterText(ms - start)})`;
  return [
    ['target', cell(`${about?.target ?? ''} in ${about?.workspace ?? ''}`)],
    ...(drift === undefined
      ? []
      : [
          ['level, severity', cell(`${drift.level}, ${severityOfDrift(drift)}`)],
          ['cause', cell(drift.cause)],
          ['began', momentText(onset)],
          ['noticed', after(drift.end)],
        ]),
    ...(applied === undefined
      ? []
      : [
          ['rollback began', after(applied.start)],
          ['put back and verified', after(applied.end)],
        ]),
    ['ended', resolved === undefined ? 'not in this trace' : after(resolved.end)],
    ['trace', `\`${visible(history.traceId)}\``],
  ];
}

function changesTable({ drift }: Parts): string | undefined {
  if (drift === undefined || drift.changes.length === 0) return undefined;
  const rows = drift.changes.map(({ key, expected, actual, origin }) => [
    code(key),
    expected === undefined ? 'none' : code(expected),
    actual === undefined ? 'none' : code(actual),
    cell(origin === undefined ? '' : place(origin)),
  ]);
  const more = drift.entries_omitted > 0 ? `\n\nand ${drift.entries_omitted} more.` : '';
  return `${table(['entry', 'expected', 'found', 'set by'], rows)}${more}`;
}

const askedBy = ({ who, mode, trigger, reason }: RollbackOutcome | RefusalEvent) =>
  `by ${cell(who)} (${trigger}, ${mode})${reason === undefined ? '' : `: ${cell(reason)}`}`;

function outcomeSection(outcome: RollbackOutcome): readonly string[] {
  const { id, facets, result, parts, why } = outcome;
  const rows = parts.map(({ part, kind, path, start, end, why: reason }) => [
    cell(kind === undefined ? part : `${part} ${kind}`),
    code(path ?? ''),
    tookText(end - start),
    reason === undefined ? 'ok' : cell(reason),
  ]);
  return [
    `## Rollback of ${cell(facets.join(', '))}: ${result}`,
    `Requested ${askedBy(outcome)}. ${cell(why)}. Its id is \`${visible(id)}\`.`,
    ...(rows.length === 0 ? [] : [table(['part', 'file', 'took', 'result'], rows)]),
  ];
}

function refusalList({ refusals }: Parts): string | undefined {
  if (refusals.length === 0) return undefined;
  return refusals
    .map(
      (refusal) =>
        `- ${momentText(refusal.start)}, requested ${askedBy(refusal)}\n${refusal.refusals.map((why) => `  - ${cell(why)}`).join('\n')}`,
    )
    .join('\n');
}

function timelineTable(entries: readonly HistoryRow[], start: number): string {
  const rows = entries.map(({ from, to, what, isPart, text }) => [
    momentText(from),
    afterText(from - start),
    `${isPart === true ? '↳ ' : ''}${cell(what)}`,
    to === undefined ? '' : tookText(to - from),
    cell(text),
  ]);
  return table(['time (UTC)', 'after', 'what', 'lasted', ''], rows);
}

function recordText({ lines }: TraceHistory): string | undefined {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return undefined;
  const numbers = lines.map(({ seq }) => seq).join(', ');
  return [
    `${lines.length === 1 ? 'Line' : 'Lines'} ${numbers} of the journal. This command proves that they have not been changed since:`,
    `\`\`\`\ngodrift events --verify --witness ${last.hash}@${last.seq}\n\`\`\``,
  ].join('\n\n');
}
