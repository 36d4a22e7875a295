/**
 * A file that is replaced because a person said so, and the line of the journal that tells it: both or neither. The file is written beside its
 * name first, which is where a full disk refuses; then the line; then the file takes its name, which needs no more room.
 */
import type { JournalEvent, UndoEvent } from '../drift/events.ts';
import { type PreparedFile, prepareAtomic } from '../host/atomic.ts';
import { appendJournal, type Journal } from './journal.ts';
import { attempt, type StateDirectory, type WriteResult } from './state-directory.ts';

/** Replaces a file by `text` and appends the record. What was told and then could not be done is taken back by an `undo` line. */
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
