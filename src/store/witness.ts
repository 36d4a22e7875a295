/**
 * Who knows of lines of the journal: the cursors, each of which passed a line, and the memories of targets, each complete
 * up to one; and from outside of the host, where nobody who can rewrite the journal can rewrite them, the heads that were scraped, traced or
 * logged. A journal that ends before, or holds another line there, is not whole. Reads only.
 */
import path from 'node:path';
import * as z from 'zod';
import { namesIn } from '../host/append.ts';
import { readCursorFile, readCursorNames } from './cursor.ts';
import { genesis, type JournalHead } from './journal-line.ts';
import { readText } from './target-files.ts';

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

/** All witnesses in a state directory; files that cannot be read or understood tell nothing. */
export async function readWitnesses(stateDirectory: string): Promise<readonly Witness[]> {
  const found: Witness[] = [];
  for (const name of await readCursorNames(stateDirectory).catch(() => [])) {
    const head = readCursorFile(stateDirectory, name);
    if (head !== undefined) found.push({ ...head, by: `cursors/${name}.json` });
  }
  for (const id of await namesIn(path.join(stateDirectory, 'targets')).catch(() => [])) {
    const by = path.join('targets', id, 'state.json');
    const text = readText(path.join(stateDirectory, by));
    const memory = text === undefined ? undefined : memorySchema.safeParse(parsed(text)).data;
    if (memory !== undefined) found.push({ seq: memory.journalSeq, by });
  }
  const own = memoryFile(stateDirectory);
  const memory = memorySchema.safeParse(parsed(readText(own) ?? '')).data;
  if (memory !== undefined) found.push({ seq: memory.journalSeq, by: path.basename(own) });
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The last line that any of them knows; the digest is that of nothing where none has it. */
export function lastWitnessed(witnesses: readonly Witness[]): JournalHead {
  const last = witnesses.reduce<Witness>((a, b) => (b.seq > a.seq || (b.seq === a.seq && b.hash) ? b : a), {
    ...genesis,
    by: '',
  });
  return { seq: last.seq, hash: last.hash ?? genesis.hash };
}
