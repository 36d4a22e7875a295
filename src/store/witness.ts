/**
 * Witnesses: independent knowledge of lines in the journal. On this host these are the cursors, each at a
 * line, and the stored states of targets, each complete up to a line. Outside of it, where an attacker who
 * can rewrite the journal cannot rewrite them, they are heads that were scraped, traced or logged. A journal
 * that ends before a witnessed line, or holds another one there, is not intact. Only reads.
 */
import path from 'node:path';
import * as z from 'zod';
import { cursorNames, readCursorFile } from './cursor.ts';
import { genesis, type JournalHead } from './journal-line.ts';
import { namesKept, readKept } from './json-file.ts';

/** A line that existed. */
export interface Witness {
  readonly seq: number;
  /** The line's digest in hex, or its beginning, if the witness has it. */
  readonly hash?: string;
  /** The file or other source of the witness. */
  readonly by: string;
}

/** Returns the file with the memory of rollbacks, complete up to a line of the journal (undo/memory.ts). */
export const memoryFile = (stateDirectory: string) => path.join(stateDirectory, 'rollback-memory.json');

const memorySchema = z.object({ journalSeq: z.int().nonnegative() });

/** The witnesses in a state directory. */
export interface OwnWitnesses {
  readonly witnesses: readonly Witness[];
  /** Why files that exist could not be read, a line each: they might know of lines that no other witness does. */
  readonly left: readonly string[];
}

/** Reads all witnesses in a state directory. A damaged file counts as missing. */
export function readWitnesses(stateDirectory: string): OwnWitnesses {
  const witnesses: Witness[] = [];
  const left: string[] = [];
  const leave = (why: string | undefined) => {
    if (why !== undefined) left.push(why);
  };
  const cursors = namesKept(path.join(stateDirectory, 'cursors'));
  leave(cursors.left);
  for (const name of cursorNames(cursors.names)) {
    const { head, left: why } = readCursorFile(stateDirectory, name);
    leave(why);
    if (head !== undefined) witnesses.push({ ...head, by: `cursors/${name}.json` });
  }
  const targets = namesKept(path.join(stateDirectory, 'targets'));
  leave(targets.left);
  const own = memoryFile(stateDirectory);
  for (const by of [...targets.names.map((id) => `targets/${id}/state.json`), path.basename(own)]) {
    const { content, left: why } = readKept(path.join(stateDirectory, by));
    leave(why);
    const memory = memorySchema.safeParse(content).data;
    if (memory !== undefined) witnesses.push({ seq: memory.journalSeq, by });
  }
  return { witnesses, left };
}

/** Returns the last line that any of them knows; without a known digest, that of the genesis. */
export function lastWitnessed(witnesses: readonly Witness[]): JournalHead {
  const last = witnesses.reduce<Witness>((a, b) => (b.seq > a.seq || (b.seq === a.seq && b.hash) ? b : a), {
    ...genesis,
    by: '',
  });
  return { seq: last.seq, hash: last.hash ?? genesis.hash };
}
