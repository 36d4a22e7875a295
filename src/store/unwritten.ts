/**
 * The note of a process that ends while records wait for a disk that takes nothing: `unwritten.json` of the state directory, so that the next
 * one can say what is missing. It is made, of one size, while there is room, and written over in place, which a full disk allows.
 */
import path from 'node:path';
import * as z from 'zod';
import { overwrite } from '../host/append.ts';
import { readKept } from './json-file.ts';

const noteSchema = z.strictObject({
  schema: z.literal(1),
  /** Records that were lost; 0 when nothing is to be said. */
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

/** One block of the smallest disks. */
const noteBytes = 512;
/** A note of any version is no longer than this, bytes. */
const noteLimit = 4096;

const noteFile = (stateDirectory: string) => path.join(stateDirectory, 'unwritten.json');

/** Makes the note of a state directory, or empties it; false when that cannot be written, or another version's stands there. */
export function emptyNote(stateDirectory: string): Promise<boolean> {
  return leaveNote(stateDirectory, { records: 0, why: '', time: '' });
}

/** Leaves the note; false when not even that can be written, or another version's stands there. */
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

/** The note that was left; `left`, in one line, where one is there that is not known: it is not to be written over. Neither without one, and for a damaged one. */
export function readNote(stateDirectory: string): { readonly note?: Unwritten; readonly left?: string } {
  const { content, left } = readKept(noteFile(stateDirectory), { limit: noteLimit });
  if (left !== undefined) return { left };
  const parsed = noteSchema.safeParse(content);
  if (!parsed.success || parsed.data.records === 0) return {};
  const { records, why, time } = parsed.data;
  return { note: { records, why, time } };
}
