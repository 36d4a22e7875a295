/**
 * The file `godrift-state` marks a state directory as godrift's. It is created before the key, because a file
 * named `key` could be anybody's: without the marker, or another file that only godrift creates
 * (state-directory.ts), a key is not taken for godrift's own.
 */
import path from 'node:path';
import { createExclusive } from '../host/atomic.ts';
import { randomHex } from '../host/digest.ts';
import { readFile } from '../host/files.ts';

const text = 'godrift keeps its state in this directory\n';

const markerFile = (stateDirectory: string) => path.join(stateDirectory, 'godrift-state');

/** Reports whether a directory has the marker as godrift writes it. */
export function isMarked(stateDirectory: string): boolean {
  const read = readFile({ root: '/', path: markerFile(stateDirectory) }, text.length);
  return read.ok && read.bytes.toString('utf8') === text;
}

/** Creates the marker unless it exists. Throws the system's error. */
export async function makeMarker(stateDirectory: string): Promise<void> {
  const file = markerFile(stateDirectory);
  if (!isMarked(stateDirectory)) await createExclusive(file, Buffer.from(text), `${file}.${randomHex(4)}`);
}
