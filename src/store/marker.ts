/**
 * `godrift-state` says that a state directory is godrift's. It is made before the key, for a file named key is anybody's: without the marker, or
 * what else only godrift makes (state-directory.ts), a key would be taken for godrift's own.
 */
import path from 'node:path';
import { createExclusive } from '../host/atomic.ts';
import { randomHex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';

const text = 'godrift keeps its state in this directory\n';

const markerFile = (stateDirectory: string) => path.join(stateDirectory, 'godrift-state');

/** Whether a directory has the marker, as godrift writes it. */
export function isMarked(stateDirectory: string): boolean {
  const read = readFile({ root: '/', path: markerFile(stateDirectory) }, text.length);
  return read.ok && read.bytes.toString('utf8') === text;
}

/** Makes the marker where there is none. Throws the system's error. */
export async function makeMarker(stateDirectory: string): Promise<void> {
  const file = markerFile(stateDirectory);
  if (!isMarked(stateDirectory)) await createExclusive(file, Buffer.from(text), `${file}.${randomHex(4)}`);
}
