/**
 * Output that a person named. A name that stands for an open descriptor (`/dev/stdout`, `/dev/fd/3`, which is what a
 * shell makes of `>(cmd)`) and a named pipe are written to where that is allowed, a character device (`/dev/null`, a
 * terminal; only root makes one) always; everything else is a file, and atomic.ts replaces it.
 */
import { constants, promises as fs, lstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { type AtomicOptions, lstatOf, writeAtomic } from './atomic.ts';
import { errorCode } from './errors.ts';

const writeSome = promisify(write);

/** The descriptor of this process that a name stands for: proc(5), and what Linux and the BSDs have in /dev. */
export function descriptorOf(file: string): number | undefined {
  if (file === '/dev/stdout') return 1;
  if (file === '/dev/stderr') return 2;
  const named = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(file)?.[1];
  return named === undefined ? undefined : Number(named);
}

/** Whether a device or a pipe stands under a name, a link not followed: what is written to it is nowhere kept. */
export function isSpecial(file: string): boolean {
  const there = lstatSync(file, { throwIfNoEntry: false });
  return there?.isCharacterDevice() === true || there?.isFIFO() === true;
}

/** Writes all bytes to an open descriptor; one that is full and does not block is asked again. */
async function writeDescriptor(descriptor: number, bytes: Uint8Array): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    try {
      done += (await writeSome(descriptor, bytes, done, bytes.length - done, null)).bytesWritten;
    } catch (error) {
      if (errorCode(error) !== 'EAGAIN') throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** Writes to a named pipe (waits for a reader, as a shell does) or a character device. */
async function writeSpecial(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(file, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NOCTTY);
  try {
    await writeDescriptor(handle.fd, bytes);
  } finally {
    await handle.close();
  }
}

export interface OutputOptions extends AtomicOptions {
  /** Whether an open descriptor or a named pipe may be written to. */
  readonly pipes: boolean;
}

/** Writes a text where an absolute path says; throws what {@link writeAtomic} throws. */
export async function writeOutput(
  file: string,
  text: string,
  { pipes, ...options }: OutputOptions,
): Promise<void> {
  const descriptor = pipes ? descriptorOf(file) : undefined;
  if (descriptor !== undefined) return await writeDescriptor(descriptor, Buffer.from(text));
  const there = await lstatOf(file);
  if (there?.isCharacterDevice() || (pipes && there?.isFIFO()))
    return await writeSpecial(file, Buffer.from(text));
  await writeAtomic(file, text, options);
}
