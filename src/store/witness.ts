/**
 * Who knows of lines of the journal: the cursors, each of which passed a line, and the memories of targets, each complete
 * up to one; and from outside of the host, where nobody who can rewrite the journal can rewrite them, the heads that were scraped, traced or
 * logged. A journal that ends before, or holds another line there, is not whole. Reads only.
 */
import path from 'node:path';
import * as z from 'zod';
import { cursorNames, readCursorFile } from './cursor.ts';
import { genesis, type JournalHead } from './journal-line.ts';
import { namesKept, readKept } from './json-file.ts';

/** A line that was there. */
export interface Witness {
  readonly seq: number;
  /** The digest of the line in hex, or its beginning, where the witness has it. */
  readonly hash?: string;
  /** The file, or whatever else says so. */
  readonly by: string;
}

/** What is remembered of rollbacks: complete up to a line of the journal (undo/memory.ts). */
export const memoryFile = (stateDirectory: string) => path.join(stateDirectory, 'rollback-memory.json');

const memorySchema = z.object({ journalSeq: z.int().nonnegative() });

/** What the files of a state directory say of the journal beside them. */
export interface OwnWitnesses {
  readonly witnesses: readonly Witness[];
  /** Of each that is there and cannot be asked why not, in one line: it may know of lines that none of the others does. */
  readonly left: readonly string[];
}

/** All witnesses in a state directory. A damaged file tells nothing, as one that is not there. */
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

/** The last line that any of them knows; the digest is that of nothing where none has it. */
export function lastWitnessed(witnesses: readonly Witness[]): JournalHead {
  const last = witnesses.reduce<Witness>((a, b) => (b.seq > a.seq || (b.seq === a.seq && b.hash) ? b : a), {
    ...genesis,
    by: '',
  });
  return { seq: last.seq, hash: last.hash ?? genesis.hash };
}
