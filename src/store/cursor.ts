/**
 * Cursors: how far a reader of the journal has come, `cursors/<name>.json` = {"schema":1,"seq":…,"hash":…} of the last
 * line that it has dealt with. Written after the deed, so that a crash repeats and never skips. `"following":true` says
 * that nothing was dealt with: the reader had nothing to do, and only kept up with the end.
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

/** A cursor that can be used as it is; `healed` (one line) says what was wrong with the stored one. */
export interface Cursor {
  readonly cursor: JournalHead;
  readonly healed?: string;
  /** Whether somebody was to deal with the lines after it: false without a file, and for one that only followed the end. */
  readonly owed: boolean;
}

function cursorPath(stateDirectory: string, name: string): string {
  if (!/^[a-z][a-z0-9-]*$/.test(name)) throw new TypeError(`${name} is no cursor's name`);
  return path.join(stateDirectory, 'cursors', `${name}.json`);
}

/** The stored cursor as it is, for those who only need to know what must be kept; `left` where it cannot be told, in one line. Neither where there is none, or a damaged one. */
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

/** Names of the cursors of a state directory; throws the system's error where they cannot be told. */
export async function readCursorNames(stateDirectory: string): Promise<readonly string[]> {
  return cursorNames(await namesIn(path.join(stateDirectory, 'cursors')));
}

/** The cursors whose files have these names. */
export function cursorNames(names: readonly string[]): readonly string[] {
  return names.flatMap((name) => /^([a-z][a-z0-9-]*)\.json$/.exec(name)?.[1] ?? []);
}

/**
 * The cursor of that name, made to fit the journal: the next line to deal with is `cursor.seq + 1`, and it exists or
 * will be the next one written. One that does not fit is healed so that lines are repeated rather than skipped: past
 * the end → the end; at a line with another digest → the start of that line's segment; in a pruned segment → before
 * the oldest line; damaged → moved aside, before the oldest line. `timeMs` names what is moved aside. Throws AppError for one that is there and
 * cannot be read: it may be whole, and what it has passed must not be told again.
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
    // Zero is "has read nothing yet", which loses nothing that was promised.
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

/** Stores a cursor; atomic, flushed. `following`: of a reader that has nothing to do. */
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

/** Removes a cursor that nobody moves any more, for what it has not passed is kept for it. */
export async function removeCursor(state: StateDirectory, name: string): Promise<void> {
  const file = cursorPath(state.path, name);
  await attempt(state, file, async () => {
    if ((await readCursorNames(state.path)).includes(name)) await removeFile(file);
  });
}

/** The place in front of a segment's first line; its digest is what that line says of its predecessor. */
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
