/**
 * The key of this state directory for keyed hashes: whether a secret changed is known on this host, but its
 * value cannot be guessed from what is stored (design §3).
 */
import path from 'node:path';
import { AppError } from '../catalog/errors.ts';
import { createExclusive } from '../host/atomic.ts';
import { hmacHex, randomHex } from '../host/digest.ts';
import { isDirectory, readFile } from '../host/files.ts';
import { setAside } from './json-file.ts';
import { isMarked, makeMarker } from './marker.ts';
import { attempt, type StateDirectory } from './state-directory.ts';

const keyBytes = 32; // RFC 2104 advises at least the length of the hash output

/**
 * A key. `problem` (one line) if it could not be stored and serves only this process, or if it replaces a
 * lost one.
 */
export interface SecretKey {
  readonly key: Uint8Array;
  readonly persisted: boolean;
  readonly problem?: string;
}

/**
 * The consequences of a new key: `service.instance.id` is derived from it, and hashes by another key prove
 * nothing (secret-entries.ts).
 */
const newKey =
  'a new one is made: this exporter has another service.instance.id, and a secret that changed until now is not seen';

/**
 * Reads `key`, or creates it (mode 0600); if two processes create it at once, both use the first. A directory
 * whose key is older than the marker gets the marker now. Throws AppError for a key that exists and cannot be
 * read: with another key every secret would seem to have changed. With `mayStandIn`, if nothing is recorded
 * anyway, a temporary key is used instead.
 */
export async function openSecretKey(
  state: StateDirectory,
  timeMs: number,
  { mayStandIn = false }: { readonly mayStandIn?: boolean } = {},
): Promise<SecretKey> {
  const file = path.join(state.path, 'key');
  const stored = readFile({ root: '/', path: file }, keyBytes);
  const isUnread = !stored.ok && stored.failure !== 'absent' && stored.failure !== 'too-large';
  if (isUnread && !mayStandIn)
    throw new AppError(`cannot read ${file}`, stored.why, 'make it readable for this user');
  if (stored.ok && stored.bytes.length === keyBytes) {
    if (!isMarked(state.path)) await attempt(state, 'the marker', () => makeMarker(state.path));
    return { key: stored.bytes, persisted: true };
  }
  let lost: string | undefined;
  if (stored.ok || stored.failure === 'too-large')
    lost = await setAside(state, file, 'it has not 32 bytes', timeMs);
  // No state of a target is stored before there is a key.
  else if (isDirectory({ root: '/', path: path.join(state.path, 'targets') })) lost = `${file} is gone`;
  const problem = lost === undefined ? undefined : `${lost}; ${newKey}`;
  const key = Buffer.from(randomHex(keyBytes), 'hex');
  const created = await attempt(state, file, async () => {
    await makeMarker(state.path);
    return await createExclusive(file, key, `${file}.${randomHex(4)}`);
  });
  if (!created.ok) return { key, persisted: false, problem: problem ?? created.problem };
  const winner = created.value ? key : readKey(file);
  if (winner === undefined) return { key, persisted: false, problem: `${file} cannot be read` };
  return { key: winner, persisted: true, ...(problem === undefined ? {} : { problem }) };
}

/** Returns the key if there is one, for commands, which write nothing. */
export function peekSecretKey(stateDirectory: string): Uint8Array | undefined {
  return readKey(path.join(stateDirectory, 'key'));
}

function readKey(file: string): Uint8Array | undefined {
  const read = readFile({ root: '/', path: file }, keyBytes);
  return read.ok && read.bytes.length === keyBytes ? read.bytes : undefined;
}

/**
 * Returns the `service.instance.id` of this state directory: a UUID (version 8, RFC 9562 §5.8) derived from
 * the key.
 */
export function instanceId(key: Uint8Array): string {
  const hex = hmacHex(key, 'service.instance.id');
  const variant = ((Number.parseInt(hex.slice(16, 17), 16) & 3) | 8).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
