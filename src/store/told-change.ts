/**
 * Replaces a file at a person's request together with its journal line, both or neither. The new file is
 * first written beside the old one, which is where a full disk fails; then the line is appended; then the
 * file gets its name, which needs no more space.
 */
import type { JournalEvent, UndoEvent } from '../drift/events.ts';
import { type PreparedFile, prepareAtomic } from '../host/atomic.ts';
import { appendJournal, type Journal } from './journal.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

/**
 * Replaces a file by `text` and appends the record. If the file cannot be replaced after that, an `undo` line
 * revokes the record.
 */
export async function replaceAndTell(
  { state, journal }: { readonly state: StateDirectory; readonly journal: Journal },
  file: string,
  text: string,
  record: JournalEvent,
): Promise<WriteResult> {
  const written = await attempt(state, file, () => prepareAtomic(file, text));
  return written.ok ? await tellAndPlace(state, journal, written.value, file, record) : written;
}

async function tellAndPlace(
  state: StateDirectory,
  journal: Journal,
  { commit, discard }: PreparedFile,
  file: string,
  record: JournalEvent,
): Promise<WriteResult> {
  const told = await appendJournal(journal, record);
  if (!told.ok) {
    await discard();
    return told;
  }
  const placed = await attempt(state, file, commit);
  if (placed.ok) return { ok: true, value: undefined };
  await discard();
  const undo: UndoEvent = {
    type: 'undo',
    line: told.value.seq,
    undone: record.type,
    why: placed.problem,
  };
  await appendJournal(journal, undo);
  return placed;
}
