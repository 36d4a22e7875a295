/** Reads what another process writes into a descriptor that this process was started with, such as the pipe of a shell's `<(…)`. */
import { createReadStream } from 'node:fs';

/** The chunks that come from an open descriptor, until its writer closes it; the descriptor stays open. Throws the system's error, EBADF for none. */
export function readDescriptor(descriptor: number): AsyncIterable<Uint8Array> {
  return createReadStream('', { fd: descriptor, autoClose: false });
}
