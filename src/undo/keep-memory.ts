/**
 * Persists the rollback memory: a file that is complete up to one line of the journal, plus the lines after
 * that one.
 */
import { AppError, makeItReadable } from '../catalog/errors.ts';
import { isSystemError } from '../host/errors.ts';
import { createSerial } from '../host/serial.ts';
import { type ReadLines, readAlone } from '../store/first-reading.ts';
import { eventOf } from '../store/journal.ts';
import { loadJson, readKept, saveJson } from '../store/json-file.ts';
import { type StateDirectory, systemReason } from '../store/state-directory.ts';
import { memoryFile } from '../store/witness.ts';
import { emptyMemory, memorySchema, type RollbackMemory } from './memory.ts';
import { type Line, remember } from './remember.ts';

/** Lines folded in one batch: each batch copies the whole memory. */
const batch = 2000;

async function behind(read: ReadLines, memory: RollbackMemory): Promise<RollbackMemory> {
  let known = memory;
  let lines: Line[] = [];
  const take = () => {
    if (lines.length > 0) known = remember(known, lines);
    lines = [];
  };
  await read(memory.journalSeq + 1, (line) => {
    lines.push({ seq: line.seq, time: Date.parse(line.time), event: eventOf(line) });
    if (lines.length >= batch) take();
  });
  take();
  return known;
}

const unknown = (why: string, todo: string) => new AppError('cannot tell what was rolled back', why, todo);

/**
 * Returns the current rollback memory to a process that only reads the state directory. A damaged file is
 * ignored, because it can be rebuilt from the journal as far back as the journal goes. Throws AppError where
 * the journal or the file cannot be read: an unreadable file may hold facts that the journal has already
 * dropped, such as a pause.
 */
export async function peekMemory(stateDirectory: string): Promise<RollbackMemory> {
  const { content, left } = readKept(memoryFile(stateDirectory));
  if (left !== undefined) throw unknown(left, makeItReadable);
  const parsed = memorySchema.safeParse(content);
  try {
    return await behind(readAlone(stateDirectory), parsed.success ? parsed.data : emptyMemory());
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw unknown(systemReason(error), 'see what godrift events --verify says');
  }
}

/**
 * Returns a function like {@link peekMemory} for repeated calls: each call reads only the lines that are new.
 */
export function followMemory(stateDirectory: string): () => Promise<RollbackMemory> {
  let known: RollbackMemory | undefined;
  return async () => {
    known =
      known === undefined ? await peekMemory(stateDirectory) : await behind(readAlone(stateDirectory), known);
    return known;
  };
}

/** The rollback memory in the process that holds the lock of the state directory. */
export interface MemoryKeeper {
  /** The memory after the last {@link MemoryKeeper.catchUp}, `undefined` before the first. */
  readonly known: () => RollbackMemory | undefined;
  /**
   * Folds the new journal lines into the memory and saves it. `read` shares one pass over the journal with
   * other readers. Rejects where the journal or the file cannot be read.
   */
  readonly catchUp: (read?: ReadLines) => Promise<RollbackMemory>;
}

/**
 * Creates the keeper of the rollback memory. `report` receives a message about a damaged file, `changed` each
 * new memory.
 */
export function keepMemory(
  state: StateDirectory,
  now: () => number,
  report: (problem: string) => void,
  changed: (memory: RollbackMemory) => void = () => {},
): MemoryKeeper {
  const serial = createSerial();
  let known: RollbackMemory | undefined;
  async function load(): Promise<RollbackMemory> {
    const file = memoryFile(state.path);
    const { value, problem, unread } = await loadJson(state, file, memorySchema, now());
    if (unread === true) throw unknown(problem ?? file, makeItReadable);
    if (problem !== undefined) report(problem);
    return value ?? emptyMemory();
  }
  return {
    known: () => known,
    catchUp: (read = readAlone(state.path)) =>
      serial(async () => {
        const before = known ?? (await load());
        const next = await behind(read, before);
        if (next !== before) await saveJson(state, memoryFile(state.path), next);
        const isNew = next !== known;
        known = next;
        if (isNew) changed(next);
        return next;
      }),
  };
}
