/**
 * Records the answer of blame in the journal of the user's state directory, if there is one, so that the
 * post-mortem has it.
 */
import { AppError } from '../../catalog/errors.ts';
import { visible } from '../../catalog/visible.ts';
import type { BlameEvent } from '../../drift/blame-event.ts';
import { shellCommand } from '../../drift/shell-word.ts';
import { type BlameDocument, entryText } from '../../explain/blame/answer.ts';
import { randomHex } from '../../host/digest.ts';
import { isDirectory } from '../../host/files.ts';
import { systemClock } from '../../host/machine.ts';
import { journalDirectory } from '../../store/journal.ts';
import { openTraces } from '../../store/open-drifts.ts';
import { recordBlame } from '../../store/record-blame.ts';
import { peekSecretKey } from '../../store/secret-key.ts';
import { instanceResource } from '../instance.ts';
import { record, whoAmI } from '../record.ts';
import type { Terminal } from '../terminal.ts';
import { version } from '../version.ts';
import type { Which } from '../which-target.ts';

const most = 100;
const longest = 1000;
const bounded = (text: string) => visible(text).slice(0, longest);

/** Summarises the answer in one sentence. */
function sentenceOf({ causes, result, why, command }: BlameDocument): string {
  const said = shellCommand(command);
  if (result === 'passes') return `${said} passes`;
  if (result !== 'found')
    return `no cause of the failure of ${said} was found${why === undefined ? '' : `: ${why}`}`;
  return `${said} is broken by ${causes
    .map(({ entries }) => entries.map(entryText).join(' together with '))
    .join('; and by ')}`;
}

/** Writes the journal line. A failure to write goes to stderr and does not change the answer. */
export async function recordAnswer(
  terminal: Terminal,
  { target, stateDirectory }: Pick<Which, 'target' | 'stateDirectory'>,
  document: BlameDocument,
): Promise<void> {
  const { causes, result, worlds, command, seconds } = document;
  const isNews = result !== 'passes' && result !== 'stopped';
  if (!isNews || !isDirectory({ root: '/', path: journalDirectory(stateDirectory) })) return;
  const blamed = causes.flatMap(({ entries }) => entries);
  const [first] = blamed;
  const open = first === undefined ? undefined : openTraces(stateDirectory, target, first.facet);
  const end = systemClock();
  const about = {
    type: 'blame',
    target: target.name,
    workspace: target.workspace,
    facets: [...new Set(blamed.map(({ facet }) => facet))],
    result,
    command: bounded(shellCommand(command)),
    entries: blamed.slice(0, most).map(({ key }) => bounded(key)),
    repairs: causes
      .filter(({ proven }) => proven)
      .flatMap(({ repair }) => repair.map(bounded))
      .slice(0, most),
    why: bounded(sentenceOf(document)),
    worlds,
    who: whoAmI(),
    start: end - Math.round(seconds * 1000),
    end,
    trace_id: open?.traceId ?? randomHex(16),
    ...(open === undefined ? {} : { parent_span_id: open.parentSpanId }),
    span_id: randomHex(8),
  } as const;
  try {
    // Without a key no exporter has ever run here, and the line stays unsigned.
    const key = peekSecretKey(stateDirectory);
    const resource = key === undefined ? {} : instanceResource(key, terminal.env);
    const line: BlameEvent = { ...about, resource, version };
    await record(
      terminal,
      stateDirectory,
      'record what was found',
      { method: 'POST', path: '/api/v1/blames', body: line },
      (recorder) => recordBlame(recorder, line),
    );
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    terminal.stderr.write(`godrift: ${error.message}\n`);
  }
}
