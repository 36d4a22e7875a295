/**
 * Writes output to where the user said. A name of an open descriptor (`/dev/stdout`, or `/dev/fd/3`, which a
 * shell makes of `>(cmd)`) and a named pipe are written to where allowed; a character device (`/dev/null`, a
 * terminal) always, because only root can create one. Everything else is a file, replaced by atomic.ts.
 */
import { constants, promises as fs, lstatSync, write } from 'node:fs';
import { promisify } from 'node:util';
import { type AtomicOptions, lstatOf, writeAtomic } from './atomic.ts';
import { errorCode } from './errors.ts';

const writeSome = promisify(write);

/** Returns the descriptor that a name means, by proc(5) and the /dev of Linux and the BSDs. */
export function descriptorOf(file: string): number | undefined {
  if (file === '/dev/stdout') return 1;
  if (file === '/dev/stderr') return 2;
  const named = /^\/(?:dev|proc\/self)\/fd\/(\d{1,9})$/.exec(file)?.[1];
  return named === undefined ? undefined : Number(named);
}

/**
 * Reports whether a name is a character device or a pipe, without following a symlink: data written there is
 * not kept.
 */
export function isSpecial(file: string): boolean {
  const there = lstatSync(file, { throwIfNoEntry: false });
  return there?.isCharacterDevice() === true || there?.isFIFO() === true;
}

/** Writes all bytes to an open descriptor; retries while a non-blocking one is full. */
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

/** Writes to a character device, or to a named pipe once it has a reader, as a shell does. */
async function writeSpecial(file: string, bytes: Uint8Array): Promise<void> {
  const handle = await fs.open(file, constants.O_WRONLY | constants.O_NOFOLLOW | constants.O_NOCTTY);
  try {
    await writeDescriptor(handle.fd, bytes);
  } finally {
    await handle.close();
  }
}

export interface OutputOptions extends AtomicOptions {
  /** Whether open descriptors and named pipes may be written to. */
  readonly pipes: boolean;
}

/** Writes a text to an absolute path; throws what {@link writeAtomic} throws. */
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
