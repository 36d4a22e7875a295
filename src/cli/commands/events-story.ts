/** `godrift events --trace` and `--report`: prints the history of one trace, as text or as a post-mortem. */
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import type { JournalEvent } from '../../drift/events.ts';
import { eventOf, readJournal } from '../../store/journal.ts';
import { afterText, momentText, postMortem, tookText } from '../../tell/events/post-mortem.ts';
import { type HistoryRow, TraceFinder, type TraceHistory } from '../../tell/events/trace-history.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

/** Selects the trace and its form. */
export interface StoryOptions {
  readonly trace?: string;
  readonly report: boolean;
  readonly json: boolean;
  readonly target?: string;
  readonly facet?: Facet;
}

/** The start of a trace id. Fewer than six digits would soon match several traces. */
const prefixPattern = /^[0-9a-f]{6,32}$/;

/** Prints the trace; returns 0. Throws AppError if none or several match. `directory` is the journal's. */
export async function runStory(
  terminal: Terminal,
  directory: string,
  options: StoryOptions,
): Promise<number> {
  const history = await findHistory(directory, options);
  if (options.json) {
    for await (const line of readJournal(directory))
      if (history.lines.some(({ seq }) => seq === line.seq))
        terminal.stdout.write(`${visibleJson(line.record)}\n`);
  } else terminal.stdout.write(options.report ? postMortem(history) : historyText(terminal, history));
  return 0;
}

async function findHistory(directory: string, options: StoryOptions): Promise<TraceHistory> {
  const { trace } = options;
  const refuse = (why: string, todo: string) =>
    new AppError(trace === undefined ? 'cannot write a report' : `cannot show trace ${trace}`, why, todo);
  if (trace !== undefined && !prefixPattern.test(trace))
    throw refuse(
      'it is not the start of a trace id',
      'give 6 to 32 hex digits: godrift events --since 7d has them',
    );
  const wanted = trace ?? (await newestTrace(directory, options));
  if (wanted === undefined)
    throw refuse('the journal has no matching drift or rollback', 'see godrift events --since 30d');
  const finder = new TraceFinder(wanted);
  for await (const line of readJournal(directory))
    finder.add({ seq: line.seq, hash: line.hash, time: Date.parse(line.time), event: eventOf(line) });
  const histories = finder.histories();
  const [history] = histories;
  if (history === undefined) throw refuse('the journal does not hold it', 'see godrift events --since 30d');
  if (histories.length > 1)
    throw refuse(`${histories.length} traces start with these digits`, 'give more digits');
  return history;
}

/**
 * Returns the trace of the newest rollback, including refused ones; without any, that of the newest drift.
 */
async function newestTrace(
  directory: string,
  { target, facet }: Pick<StoryOptions, 'target' | 'facet'>,
): Promise<string | undefined> {
  let [rollback, drift]: (string | undefined)[] = [];
  for await (const line of readJournal(directory)) {
    const event = eventOf(line);
    const { trace_id: trace, facets, target: of } = event as JournalEvent & Partial<Traced>;
    if (typeof trace !== 'string' || !Array.isArray(facets)) continue;
    if (target !== undefined && of !== target) continue;
    if (facet !== undefined && !facets.includes(facet)) continue;
    if (event.type === 'outcome' || event.type === 'refusal') rollback = trace;
    if (event.type === 'drift') drift = trace;
  }
  return rollback ?? drift;
}

interface Traced {
  readonly trace_id: string;
  readonly facets: readonly string[];
  readonly target: string;
}

function historyText(terminal: Terminal, { traceId, rows }: TraceHistory): string {
  const { bold, dim, red } = colorsFor(terminal);
  const start = rows[0]?.from ?? 0;
  const shown = rows.map((one) => ({ one, cells: cellsOf(one, start) }));
  const widths = [0, 1, 2].map((column) => Math.max(...shown.map(({ cells }) => cells[column]?.length ?? 0)));
  const lines = shown.map(({ one, cells }) => {
    const [after, what, took] = cells.map((text, column) => text.padEnd(widths[column] ?? 0));
    const name =
      one.failed === true ? red(what ?? '') : one.isPart === true ? (what ?? '') : bold(what ?? '');
    return `  ${dim(after ?? '')}  ${name}  ${dim(took ?? '')}  ${visible(one.text)}`.trimEnd();
  });
  return [`trace ${visible(traceId)}, from ${momentText(start)} on`, ...lines, ''].join('\n');
}

const cellsOf = ({ from, to, what, isPart }: HistoryRow, start: number) => [
  afterText(from - start),
  visible(`${isPart === true ? '  ' : ''}${what}`),
  to === undefined ? '' : tookText(to - from),
];
