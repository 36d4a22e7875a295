/** `godrift why`: explains one entry from a fresh observation and the journal of this host. */
import { visibleJson } from '../../catalog/visible.ts';
import { worldOf } from '../../drift/evaluate.ts';
import { withoutHostEntries } from '../../drift/secret-entries.ts';
import { EntryHistory, type WhoseHistory } from '../../explain/why/history.ts';
import type { WhyDocument } from '../../explain/why/model.ts';
import { explain, whyDocument } from '../../explain/why/why.ts';
import { eventOf, readJournal } from '../../store/journal.ts';
import { fromJournal } from '../from-journal.ts';
import { inspect } from '../inspect.ts';
import { sayOtherNames } from '../other-names.ts';
import { withRollbacksOffered } from '../rollback-repairs.ts';
import { withSpinner } from '../spinner.ts';
import { stateWithTargetArguments, targetArgumentsOf } from '../target-arguments.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import { askedTarget, type WhichOptions } from '../which-target.ts';
import { renderWhy } from '../why-text.ts';

export interface WhyOptions extends WhichOptions {
  readonly json: boolean;
}

type RecordedHistory = Pick<WhyDocument, 'history' | 'history_omitted'>;

/** Reads the history of an entry from the journal; empty if the journal cannot be read. */
async function historyOf(
  terminal: Terminal,
  stateDirectory: string,
  whose: WhoseHistory,
): Promise<RecordedHistory> {
  return await fromJournal<RecordedHistory>(terminal, stateDirectory, {}, async (directory) => {
    const history = new EntryHistory(whose);
    for await (const line of readJournal(directory)) history.add(eventOf(line), line.time);
    return history.events();
  });
}

/** Explains one entry of a workspace; returns 0. Throws AppError for an unknown name. */
export async function runWhy(
  terminal: Terminal,
  key: string,
  directory: string | undefined,
  options: WhyOptions,
): Promise<number> {
  const { target: settings, stateDirectory } = await askedTarget(terminal, directory, options);
  const looked = await withSpinner(terminal.stderr, 'looking at the Go environment', () =>
    inspect(terminal, directory, { settings, stateDirectory }),
  );
  const { observation } = looked;
  const offered = await withRollbacksOffered(terminal, looked, stateDirectory);
  const state = stateWithTargetArguments(offered, targetArgumentsOf(terminal, options, directory));
  const entries = withoutHostEntries(state.entries);
  const { environment } = observation;
  const explained = explain({ world: worldOf(observation), entries, pins: state.pins, environment }, key);
  const { target, workspace } = state;
  const { key: found, facet } = explained;
  const history = await historyOf(terminal, stateDirectory, {
    target,
    workspace,
    key: found,
    facet,
  });
  const document = whyDocument(explained, { state, baseline: looked.baseline }, { version, ...history });
  terminal.stdout.write(
    options.json
      ? `${visibleJson(document)}\n`
      : renderWhy(document, settings.environment, colorsFor(terminal)),
  );
  if (state.baseline.kind === 'none') sayOtherNames(terminal, stateDirectory, looked.settings);
  return 0;
}
