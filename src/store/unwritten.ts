/**
 * The note of a process that ends while records wait for a disk that takes nothing: `unwritten.json` of the state directory, so that the next
 * one can say what is missing. It is made, of one size, while there is room, and written over in place, which a full disk allows.
 */
import path from 'node:path';
import * as z from 'zod';
import { overwrite } from '../host/append.ts';
import { readFile } from '../host/files.ts';

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

const noteFile = (stateDirectory: string) => path.join(stateDirectory, 'unwritten.json');

/** Makes the note of a state directory, or empties it; false when that cannot be written. */
export function emptyNote(stateDirectory: string): Promise<boolean> {
  return leaveNote(stateDirectory, { records: 0, why: '', time: '' });
}

/** Leaves the note; false when not even that can be written. */
export async function leaveNote(stateDirectory: string, { records, why, time }: Unwritten): Promise<boolean> {
  const text = JSON.stringify({ schema: 1, records, why: why.slice(0, 200), time });
  try {
    await overwrite(noteFile(stateDirectory), Buffer.from(`${text.padEnd(noteBytes - 1)}\n`));
    return true;
  } catch {
    return false;
  }
}

/** The note that was left; undefined without one, and for one that cannot be read. */
export function readNote(stateDirectory: string): Unwritten | undefined {
  const read = readFile({ root: '/', path: noteFile(stateDirectory) }, 4096);
  if (!read.ok) return undefined;
  try {
    const { records, why, time } = noteSchema.parse(JSON.parse(read.bytes.toString('utf8')));
    return records === 0 ? undefined : { records, why, time };
  } catch {
    return undefined;
  }
}
