/** `godrift events`: the journal, as it is or while it grows, and its hash chain. */

import { AppError } from '../../catalog/errors.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { namesIn } from '../../host/append.ts';
import { lstatOf } from '../../host/atomic.ts';
import { errorCode } from '../../host/files.ts';
import { followJournal, type JournalLine, journalDirectory, readJournal } from '../../store/journal.ts';
import { systemReason } from '../../store/state-directory.ts';
import { type LookOptions, stateDirectoryOf } from '../look.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { type GivenWitnesses, verifyEvents } from './events-verify.ts';

export interface EventsOptions extends LookOptions, GivenWitnesses {
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
  if (!options.verify && options.witness.length + options.witnessFile.length > 0)
    throw new AppError('cannot use a witness', 'nothing is to be verified', 'add --verify');
  const what = `cannot ${options.verify ? 'verify' : 'read'} the journal in ${directory}`;
  try {
    const found = await folderExists(directory, what);
    if (options.verify) return await verifyEvents(terminal, stateDirectory, found, options);
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
