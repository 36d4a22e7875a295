/** `godrift events`: prints, follows or verifies the journal. */

import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { visible, visibleJson } from '../../catalog/visible.ts';
import { namesIn } from '../../host/append.ts';
import { lstatOf } from '../../host/atomic.ts';
import { isSystemError } from '../../host/errors.ts';
import { systemClock } from '../../host/machine.ts';
import {
  eventOf,
  followJournal,
  type JournalLine,
  journalDirectory,
  readJournal,
} from '../../store/journal.ts';
import { systemReason } from '../../store/state-directory.ts';
import { summaryOf } from '../../tell/events/summary.ts';
import { type Selection, Timeline } from '../../tell/events/timeline.ts';
import { type InspectOptions, stateDirectoryOf } from '../inspect.ts';
import { parseDuration } from '../settings/duration.ts';
import { colorsFor, type Terminal } from '../terminal.ts';
import { runStory } from './events-story.ts';
import { refuseUnknownTarget } from './events-target.ts';
import { printTimeline } from './events-timeline.ts';
import { type GivenWitnesses, verifyEvents } from './events-verify.ts';

/** Options of `godrift events`. */
export interface EventsOptions extends InspectOptions, GivenWitnesses {
  readonly json: boolean;
  readonly follow: boolean;
  readonly verify: boolean;
  /** A duration before now (`7d`), or a time. */
  readonly since?: string;
  readonly target?: string;
  readonly facet?: Facet;
  /** The beginning of a trace id. */
  readonly trace?: string;
  readonly report: boolean;
}

/** Returns the selection of the options. Throws AppError for an invalid `--since`. */
function selectionOf({ since, target, facet }: EventsOptions): Selection {
  const back = since === undefined ? undefined : parseDuration(since);
  const from =
    since === undefined ? undefined : back === undefined ? Date.parse(since) : systemClock() - back;
  if (from !== undefined && Number.isNaN(from))
    throw new AppError(
      `cannot use --since ${since}`,
      'it is neither a duration nor a time',
      'write 2h, 7d or 2026-12-31T23:59:59Z',
    );
  return {
    ...(from === undefined ? {} : { since: from }),
    ...(target === undefined ? {} : { target }),
    ...(facet === undefined ? {} : { facet }),
  };
}

/** Reports whether a line matches the selected target, facet and time. */
function isSelected({ time, record }: JournalLine, { since, target, facet }: Selection): boolean {
  const facets = record['facets'];
  return (
    (since === undefined || Date.parse(time) >= since) &&
    (target === undefined || record['target'] === target) &&
    (facet === undefined || (Array.isArray(facets) && facets.includes(facet)))
  );
}

async function printRows(terminal: Terminal, directory: string, selection: Selection): Promise<void> {
  const timeline = new Timeline();
  // Reads from the beginning, since a drift that lasts may have begun before `since`.
  for await (const line of readJournal(directory)) timeline.add(eventOf(line), Date.parse(line.time));
  printTimeline(terminal, timeline.rows(selection), systemClock());
}

/**
 * Prints journal lines or a timeline of the selected ones; returns 0. With `--verify` it returns 1 for a
 * broken chain. Throws AppError if the journal cannot be read.
 */
export async function runEvents(terminal: Terminal, options: EventsOptions): Promise<number> {
  const stateDirectory = stateDirectoryOf(terminal, options);
  const directory = journalDirectory(stateDirectory);
  const what = `cannot ${options.verify ? 'verify' : 'read'} the journal in ${directory}`;
  try {
    const found = await folderExists(directory, what);
    if (options.verify) return await verifyEvents(terminal, stateDirectory, found, options);
    const selection = selectionOf(options);
    const { target } = options;
    if (found && target !== undefined)
      await refuseUnknownTarget(terminal, directory, stateDirectory, { ...options, target });
    if (options.report || options.trace !== undefined) return await runStory(terminal, directory, options);
    if (!found) sayNone(terminal, directory, options.follow);
    if (!found && !options.follow) return 0;
    if (options.json || options.follow || Object.keys(selection).length === 0)
      await print(terminal, directory, options, selection);
    else await printRows(terminal, directory, selection);
    return 0;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    const todo = options.verify ? 'let this user read it' : 'see what godrift events --verify says';
    throw new AppError(what, systemReason(error), todo);
  }
}

/** Reports that there is no journal: without the message, no output would look as if nothing had happened. */
function sayNone(terminal: Terminal, directory: string, follows: boolean): void {
  terminal.stderr.write(
    `godrift: there is no journal in ${visible(directory)}${follows ? ' yet' : ''}: godrift serve writes one; name where the exporter keeps its state with --state-directory\n`,
  );
}

/**
 * Reports whether the directory exists. Throws AppError if it is a symlink or a file, since its lines could
 * come from anybody, and the system's error if it cannot be read.
 */
async function folderExists(directory: string, what: string): Promise<boolean> {
  const stat = await lstatOf(directory);
  if (stat === undefined) return false;
  const todo = 'see who put it there, and move it away';
  if (stat.isSymbolicLink()) throw new AppError(what, 'it is a symbolic link', todo);
  if (!stat.isDirectory()) throw new AppError(what, 'it is no directory', todo);
  await namesIn(directory);
  return true;
}

async function print(
  terminal: Terminal,
  directory: string,
  options: EventsOptions,
  selection: Selection,
): Promise<void> {
  const { bold, dim } = colorsFor(terminal);
  const { lost = new AbortController().signal } = terminal.stdout;
  const lines = options.follow ? followJournal(directory, lost) : readJournal(directory);
  for await (const line of lines) {
    if (lost.aborted) return;
    if (!isSelected(line, selection)) continue;
    terminal.stdout.write(
      options.json
        ? `${visibleJson(line.record)}\n`
        : `${dim(visible(line.time))}  ${bold(visible(line.type).padEnd(8))}  ${visible(summaryOf(eventOf(line)))}\n`,
    );
  }
}
