/** `godrift why`: one look, and what the journal of this host tells of one entry. */
import { visibleJson } from '../../catalog/visible.ts';
import { worldOf } from '../../drift/evaluate.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import { EntryHistory, type WhoseHistory } from '../../explain/why/history.ts';
import type { WhyDocument } from '../../explain/why/model.ts';
import { explain, whyDocument } from '../../explain/why/why.ts';
import { lstatOf } from '../../host/atomic.ts';
import { isSystemError } from '../../host/errors.ts';
import { eventOf, journalDirectory, readJournal } from '../../store/journal.ts';
import { systemReason } from '../../store/state-directory.ts';
import { type InspectOptions, inspect, stateDirectoryOf } from '../inspect.ts';
import { withRollbacksOffered } from '../offered.ts';
import { withSpinner } from '../spinner.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { renderWhy } from '../why-text.ts';

export interface WhyOptions extends InspectOptions {
  readonly json: boolean;
}

/** What the journal tells; nothing where there is none, and said on stderr where it cannot be read: the rest of the answer stands. */
async function historyOf(
  terminal: Terminal,
  stateDirectory: string,
  whose: WhoseHistory,
): Promise<Pick<WhyDocument, 'history' | 'history_omitted'>> {
  const directory = journalDirectory(stateDirectory);
  const history = new EntryHistory(whose);
  try {
    // A link, or a file, is nobody's journal.
    if ((await lstatOf(directory))?.isDirectory() !== true) return {};
    for await (const line of readJournal(directory)) history.add(eventOf(line), line.time);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    terminal.stderr.write(`godrift: the journal in ${directory} cannot be read: ${systemReason(error)}\n`);
    return {};
  }
  return history.events();
}

/** Explains one entry of a workspace; 0. AppError for a name that nobody knows. */
export async function runWhy(
  terminal: Terminal,
  key: string,
  directory: string | undefined,
  options: WhyOptions,
): Promise<number> {
  const looked = await withSpinner(terminal.stderr, 'looking at the Go environment', () =>
    inspect(terminal, directory, options),
  );
  const { observation } = looked;
  const stateDirectory = stateDirectoryOf(terminal, options);
  const state = await withRollbacksOffered(terminal, looked, stateDirectory);
  const entries = withoutHostEntries(state.entries);
  const explained = explain({ world: worldOf(observation), entries, pins: state.pins }, key);
  const { target, workspace } = state;
  const { key: found, facet } = explained;
  const history = await historyOf(terminal, stateDirectory, {
    target,
    workspace,
    key: found,
    facet,
  });
  const document = whyDocument(explained, state, { version, ...history });
  terminal.stdout.write(
    options.json ? `${visibleJson(document)}\n` : renderWhy(document, colorsFor(terminal)),
  );
  return 0;
}
