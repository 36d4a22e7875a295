/** Reads from a descriptor that this process inherited, such as the pipe of a shell's `<(…)`. */
import { createReadStream } from 'node:fs';

/**
 * Returns the chunks of an open descriptor until its writer closes it; the descriptor stays open. Throws the
 * system's error, EBADF for a closed one.
 */
export function readDescriptor(descriptor: number): AsyncIterable<Uint8Array> {
  return createReadStream('', { fd: descriptor, autoClose: false });
}
