/** `godrift events`: the journal, as it is or while it grows, and its hash chain. */

import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { namesIn } from '../../host/append.ts';
import { lstatOf } from '../../host/atomic.ts';
import { errorCode } from '../../host/files.ts';
import {
  followJournal,
  type JournalLine,
  journalDirectory,
  readJournal,
  verifyJournal,
} from '../../store/journal.ts';
import { systemReason } from '../../store/state-directory.ts';
import { readWitnesses } from '../../store/witness.ts';
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

/** Prints lines; with `--verify` 0 for a whole chain, 1 for a broken one. AppError for a journal that cannot be read. */
export async function runEvents(terminal: Terminal, options: EventsOptions): Promise<number> {
  const stateDirectory = stateDirectoryOf(terminal, options);
  const directory = journalDirectory(stateDirectory);
  const what = `cannot ${options.verify ? 'verify' : 'read'} the journal in ${directory}`;
  try {
    const found = await folderExists(directory, what);
    if (options.verify) return await verify(terminal, stateDirectory, found, options.json);
    await print(terminal, directory, options);
    return 0;
  } catch (error) {
    if (!/^E[A-Z0-9]+$/.test(errorCode(error))) throw error;
    const todo = options.verify ? 'let this user read it' : 'see what godrift events --verify says';
    throw new AppError(what, systemReason(error), todo);
  }
}

/** Whether there is a folder. AppError for what else stands there: its lines would be anybody's. Throws the system's error where it cannot be read. */
async function folderExists(directory: string, what: string): Promise<boolean> {
  const stat = await lstatOf(directory);
  if (stat === undefined) return false;
  const todo = 'see who put it there, and move it away';
  if (stat.isSymbolicLink()) throw new AppError(what, 'it is a symbolic link', todo);
  if (!stat.isDirectory()) throw new AppError(what, 'it is no directory', todo);
  await namesIn(directory);
  return true;
}

async function print(terminal: Terminal, directory: string, options: EventsOptions): Promise<void> {
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
}

async function verify(
  terminal: Terminal,
  stateDirectory: string,
  found: boolean,
  json: boolean,
): Promise<number> {
  const directory = journalDirectory(stateDirectory);
  // Before the walk: an exporter that runs goes on, and its cursor must not know more than was there.
  const witnesses = await readWitnesses(stateDirectory);
  if (!found && witnesses.every((witness) => witness.seq === 0))
    throw new AppError(
      `cannot verify the journal in ${directory}`,
      'there is none',
      'name where the exporter keeps its state with --state-directory',
    );
  const verdict = await verifyJournal(directory, witnesses);
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
