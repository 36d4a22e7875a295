/** `godrift events`: the journal, as it is or while it grows, and its hash chain. */

import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { isDirectory } from '../../host/files.ts';
import {
  followJournal,
  type JournalLine,
  journalDirectory,
  readJournal,
  verifyJournal,
} from '../../store/journal.ts';
import { type LookOptions, stateDirectoryOf } from '../look.ts';
import { colorsFor, type Terminal } from '../terminal.ts';

export interface EventsOptions extends LookOptions {
  readonly json: boolean;
  readonly follow: boolean;
  readonly verify: boolean;
}

function describe(line: JournalLine): string {
  const { record } = line;
  const text = (key: string) => (typeof record[key] === 'string' ? (record[key] as string) : '');
  const facets = Array.isArray(record['facets']) ? record['facets'].join(',') : '';
  const changes = Array.isArray(record['changes'])
    ? (record['changes'] as { key: string; expected?: string; actual?: string }[])
    : [];
  const what = changes
    .slice(0, 3)
    .map((change) => `${change.key} ${change.expected ?? '(none)'} → ${change.actual ?? '(none)'}`)
    .join('; ');
  const more = changes.length > 3 ? `; ${changes.length - 3} more` : '';
  return [text('target'), text('level'), facets, what + more, text('why'), text('reason')]
    .filter(Boolean)
    .join('  ');
}

/** Prints lines; with `--verify` 0 for a whole chain, 1 for a broken one. */
export async function runEvents(terminal: Terminal, options: EventsOptions): Promise<number> {
  const directory = journalDirectory(stateDirectoryOf(terminal, options));
  if (options.verify) return await verify(terminal, directory, options.json);
  const { bold, dim } = colorsFor(terminal);
  const abort = new AbortController();
  const lines = options.follow ? followJournal(directory, abort.signal) : readJournal(directory);
  for await (const line of lines) {
    terminal.stdout.write(
      options.json
        ? `${visibleJson(line.record)}\n`
        : `${dim(visible(line.time))}  ${bold(visible(line.type).padEnd(8))}  ${visible(describe(line))}\n`,
    );
  }
  return 0;
}

async function verify(terminal: Terminal, directory: string, json: boolean): Promise<number> {
  if (!(await isDirectory({ root: '/', path: directory })))
    throw new AppError(
      `cannot verify the journal in ${directory}`,
      'there is none',
      'name where the exporter keeps its state with --state-directory',
    );
  const verdict = await verifyJournal(directory);
  if (json) {
    terminal.stdout.write(`${visibleJson(verdict)}\n`);
  } else if (verdict.ok) {
    terminal.stdout.write(
      `ok: ${verdict.lines} lines, head ${verdict.head?.seq ?? 0} ${verdict.head?.hash.slice(0, 12) ?? ''}\n`,
    );
  } else {
    const broken = verdict.firstBroken;
    terminal.stdout.write(
      `broken: ${broken === undefined ? 'the chain' : visible(`${broken.segment}:${broken.line} ${broken.why}`)}\n`,
    );
  }
  return verdict.ok ? 0 : 1;
}
