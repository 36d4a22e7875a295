/**
 * Cursors: how far each reader of the journal has come. `cursors/<name>.json` holds
 * {"schema":1,"seq":…,"hash":…} of the last line processed. It is written after the processing, so that
 * a crash repeats lines and never skips any. `"following":true` marks a reader that had nothing to process
 * and only kept up with the end.
 */
import path from 'node:path';
import * as z from 'zod';
import { AppError, makeItReadable } from '../catalog/errors.ts';
import { namesIn } from '../host/append.ts';
import { ensureDirectory, removeFile } from '../host/atomic.ts';
import { genesis, type JournalHead } from './journal-line.ts';
import { readJournal } from './journal-reader.ts';
import { loadJson, readKept, saveJson } from './json-file.ts';
import { listSegments, readEnd, type Segment } from './segments.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

const cursorSchema = z.strictObject({
  schema: z.literal(1),
  seq: z.int().nonnegative(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  following: z.literal(true).optional(),
});

/** A valid cursor; `healed` (one line) says what was wrong with the stored one. */
export interface Cursor {
  readonly cursor: JournalHead;
  readonly healed?: string;
  /**
   * Whether the lines after it still had to be processed: false without a file, and for one that only
   * followed the end.
   */
  readonly owed: boolean;
}

function cursorPath(stateDirectory: string, name: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new TypeError(`${name} is no cursor's name`);
  return path.join(stateDirectory, 'cursors', `${name}.json`);
}

/**
 * Reads the stored cursor, to decide which lines must be kept. `left` says in one line why it cannot be read;
 * both are absent without a file and for a damaged one.
 */
export function readCursorFile(
  stateDirectory: string,
  name: string,
): { readonly head?: JournalHead; readonly left?: string } {
  const { content, left } = readKept(cursorPath(stateDirectory, name));
  if (left !== undefined) return { left };
  const parsed = cursorSchema.safeParse(content);
  if (!parsed.success) return {};
  const { seq, hash } = parsed.data;
  return { head: { seq, hash } };
}

/**
 * Returns the names of the cursors in a state directory. Throws the system's error if they cannot be listed.
 */
export async function readCursorNames(stateDirectory: string): Promise<readonly string[]> {
  return cursorNames(await namesIn(path.join(stateDirectory, 'cursors')));
}

/** Returns the cursors among these file names. */
export function cursorNames(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => /^([a-z][a-z0-9-]*)\.json$/.exec(name)?.[1] ?? []);
}

/**
 * Returns a cursor made to fit the journal: the next line to process is `cursor.seq + 1`, which exists or
 * will be the next one written. One that does not fit is healed so that lines are repeated rather than
 * skipped: past the end → the end; at a line with another digest → the start of that line's segment; in a
 * pruned segment → before the oldest line; damaged → moved aside, before the oldest line. `timeMs` names the
 * file moved aside.
 *
 * Throws AppError for a cursor that exists and cannot be read: it may be intact, and the lines before it must
 * not be processed again.
 */
export async function readCursor(state: StateDirectory, name: string, timeMs: number): Promise<Cursor> {
  const directory = path.join(state.path, 'journal');
  const segments = await listSegments(directory);
  const oldest = segments[0] === undefined ? genesis : await before(directory, segments[0]);
  const { value, problem, unread } = await loadJson(
    state,
    cursorPath(state.path, name),
    cursorSchema,
    timeMs,
  );
  if (unread === true) throw new AppError(`cannot read cursor ${name}`, problem ?? name, makeItReadable);
  if (value === undefined)
    return {
      cursor: oldest,
      owed: problem !== undefined,
      ...(problem === undefined ? {} : { healed: problem }),
    };
  const owed = value.following !== true;
  const stored: JournalHead = { seq: value.seq, hash: value.hash };
  if (stored.seq < oldest.seq) {
    // Zero means that nothing was read yet, which loses nothing that was promised.
    const lost = `cursor ${name}: lines ${stored.seq + 1} to ${oldest.seq} were removed before it passed them`;
    return { cursor: oldest, healed: lost, owed };
  }
  const end = await lastHead(segments);
  if (stored.seq > end.seq) {
    return {
      cursor: end,
      owed,
      healed: `cursor ${name} was at line ${stored.seq}, past the last one (${end.seq})`,
    };
  }
  const holder = segments.findLast((segment) => segment.first <= stored.seq);
  if (holder === undefined || (await hashAt(directory, stored.seq)) === stored.hash)
    return { cursor: stored, owed };
  const cursor = await before(directory, holder);
  return {
    cursor,
    owed,
    healed: `cursor ${name} was at another line ${stored.seq}; lines from ${cursor.seq + 1} are repeated`,
  };
}

/** Stores a cursor atomically, flushed. `following`: its reader has nothing to process. */
export async function writeCursor(
  state: StateDirectory,
  name: string,
  { seq, hash }: JournalHead,
  following = false,
): Promise<WriteResult> {
  const file = cursorPath(state.path, name);
  const ready = await attempt(state, file, () => ensureDirectory(path.dirname(file)));
  return ready.ok
    ? saveJson(state, file, { schema: 1, seq, hash, ...(following ? { following } : {}) })
    : ready;
}

/** Removes a cursor that no reader moves any more: it would keep the lines after it for ever. */
export async function removeCursor(state: StateDirectory, name: string): Promise<void> {
  const file = cursorPath(state.path, name);
  await attempt(state, file, async () => {
    if ((await readCursorNames(state.path)).includes(name)) await removeFile(file);
  });
}

/** Returns the position before a segment's first line, with the digest that this line names. */
async function before(directory: string, segment: Segment): Promise<JournalHead> {
  const seq = segment.first - 1;
  for await (const line of readJournal(directory, { from: segment.first })) {
    if (line.seq === segment.first) return { seq, hash: line.prev };
    break;
  }
  return { seq, hash: genesis.hash };
}

async function lastHead(segments: readonly Segment[]): Promise<JournalHead> {
  for (const segment of [...segments].reverse()) {
    const end = await readEnd(segment);
    if (end?.head !== undefined) return end.head;
  }
  return genesis;
}

async function hashAt(directory: string, seq: number): Promise<string | undefined> {
  for await (const line of readJournal(directory, { from: seq }))
    return line.seq === seq ? line.hash : undefined;
  return undefined;
}
