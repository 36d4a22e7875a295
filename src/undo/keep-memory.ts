/** The memory of rollbacks on the disk: a file that is complete up to a line of the journal, and the lines behind it. */
import { AppError, makeItReadable } from '../catalog/errors.ts';
import { isSystemError } from '../host/errors.ts';
import { createSerial } from '../host/serial.ts';
import { type ReadLines, readAlone } from '../store/first-reading.ts';
import { eventOf } from '../store/journal.ts';
import { loadJson, readKept, saveJson } from '../store/json-file.ts';
import { type StateDirectory, systemReason } from '../store/state-directory.ts';
import { memoryFile } from '../store/witness.ts';
import { memorySchema, noMemory, type RollbackMemory } from './memory.ts';
import { type Line, remember } from './remember.ts';

/** Lines that are taken in at once: what is remembered is copied for each of them. */
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
 * What is remembered now, for who only reads. A damaged file is passed over: the journal has it all, as far back as it is kept. Throws AppError where that
 * cannot be read, nor the file: it may know of what the journal does not hold any more, as that rollbacks are paused.
 */
export async function peekMemory(stateDirectory: string): Promise<RollbackMemory> {
  const { content, left } = readKept(memoryFile(stateDirectory));
  if (left !== undefined) throw unknown(left, makeItReadable);
  const parsed = memorySchema.safeParse(content);
  try {
    return await behind(readAlone(stateDirectory), parsed.success ? parsed.data : noMemory());
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw unknown(systemReason(error), 'see what godrift events --verify says');
  }
}

/** As {@link peekMemory}, asked again and again: what was read already is not read again. */
export function followMemory(stateDirectory: string): () => Promise<RollbackMemory> {
  let known: RollbackMemory | undefined;
  return async () => {
    known =
      known === undefined ? await peekMemory(stateDirectory) : await behind(readAlone(stateDirectory), known);
    return known;
  };
}

/** The memory of whoever holds the state directory. */
export interface MemoryKeeper {
  /** What was remembered when it was asked for last; undefined before the first time. */
  readonly known: () => RollbackMemory | undefined;
  /** Reads what the journal has gained, together with others where they read it anyway, and keeps it. Rejects where the journal, or what was kept, cannot be read. */
  readonly catchUp: (read?: ReadLines) => Promise<RollbackMemory>;
}

/** `report` hears of a damaged file, `changed` of each memory that is another one. */
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
    return value ?? noMemory();
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
