/**
 * `unwritten.json` of the state directory: the note of a process that ends while records wait for a full
 * disk, so that the next process can report the loss. It is created with a fixed size while there is space,
 * and overwritten in place, which a full disk allows.
 */
import path from 'node:path';
import * as z from 'zod';
import { overwrite } from '../host/append.ts';
import { readKept } from './json-file.ts';

const noteSchema = z.strictObject({
  schema: z.literal(1),
  /** Number of lost records; 0 in an empty note. */
  records: z.int().nonnegative(),
  why: z.string(),
  /** When the process ended, RFC 3339. */
  time: z.string(),
});

/** What a process could not write before it ended. */
export interface Unwritten {
  readonly records: number;
  readonly why: string;
  readonly time: string;
}

/** Size of the note: one block of the smallest disks. */
const noteBytes = 512;
/** Largest note of any version, in bytes. */
const noteLimit = 4096;

const noteFile = (stateDirectory: string) => path.join(stateDirectory, 'unwritten.json');

/**
 * Creates or empties the note of a state directory; false if it cannot be written, or another version's is
 * there.
 */
export function emptyNote(stateDirectory: string): Promise<boolean> {
  return leaveNote(stateDirectory, { records: 0, why: '', time: '' });
}

/** Writes the note; false if even that fails, or another version's is there. */
export async function leaveNote(stateDirectory: string, { records, why, time }: Unwritten): Promise<boolean> {
  const text = JSON.stringify({ schema: 1, records, why: why.slice(0, 200), time });
  try {
    if (readNote(stateDirectory).left !== undefined) return false;
    await overwrite(noteFile(stateDirectory), Buffer.from(`${text.padEnd(noteBytes - 1)}\n`));
    return true;
  } catch {
    return false;
  }
}

/**
 * Reads the note. `left` says in one line why it must not be overwritten: it cannot be read now, or a newer
 * version wrote it. Empty without a note, and for a damaged one.
 */
export function readNote(stateDirectory: string): { readonly note?: Unwritten; readonly left?: string } {
  const { content, left } = readKept(noteFile(stateDirectory), { limit: noteLimit });
  if (left !== undefined) return { left };
  const parsed = noteSchema.safeParse(content);
  if (!parsed.success || parsed.data.records === 0) return {};
  const { records, why, time } = parsed.data;
  return { note: { records, why, time } };
}
