/**
 * `approved/<target>/` in the state directory: records as `<sha256>.json`, and the bytes that they name as `<sha256>.bytes`, 0600. Each file is named by
 * its own digest, so a copy that somebody changed is none, and what two records share lies there once.
 */
import path from 'node:path';
import { AppError } from '../../catalog/errors.ts';
import { ensureDirectory, lstatOf, removeFile, writeAtomic } from '../../host/atomic.ts';
import { sha256Hex } from '../../host/digest.ts';
import { listDirectory, readFile } from '../../host/files.ts';
import { storeKey } from '../peek.ts';
import { attempt, type StateDirectory, type WriteResult } from '../state-directory.ts';
import { targetId } from '../target-files.ts';
import { type ApprovedRecord, approvedSchema } from './record.ts';

/** Records that are kept of a target, the newest first: so many that were approved, and as many of what rollbacks replaced. */
export const keptRecords = 10;
/** A file that nobody names may be of an acceptance that is being made: so long it is spared, ms. */
const sparedMs = 600_000;

interface Named {
  readonly name: string;
  readonly workspace: string;
}

/** The directory of a target's records. */
export function approvedDirectory(stateDirectory: string, target: Named): string {
  return path.join(stateDirectory, 'approved', targetId(storeKey(target)));
}

/** Keeps bytes under their digest, which it returns. */
async function keep(directory: string, bytes: Uint8Array, extension: string): Promise<string> {
  const digest = sha256Hex(bytes);
  const file = path.join(directory, `${digest}.${extension}`);
  const found = readFile({ root: '/', path: file });
  // What was damaged meanwhile is written anew.
  if (!found.ok || sha256Hex(found.bytes) !== digest) await writeAtomic(file, bytes);
  return digest;
}

/** Keeps a record and its bytes. Needs no lock: nothing names it until the baseline is accepted. Returns the record's digest. */
export function writeApproved(
  state: StateDirectory,
  target: Named,
  record: Omit<ApprovedRecord, 'snapshot'>,
  snapshot: string,
  bytes: readonly Uint8Array[],
): Promise<WriteResult<string>> {
  const directory = approvedDirectory(state.path, target);
  return attempt(state, directory, async () => {
    await ensureDirectory(directory);
    for (const one of bytes) await keep(directory, one, 'bytes');
    const whole: ApprovedRecord = {
      ...record,
      snapshot: await keep(directory, Buffer.from(snapshot), 'bytes'),
    };
    return await keep(directory, Buffer.from(`${JSON.stringify(whole)}\n`), 'json');
  });
}

/** The bytes of a digest. Throws AppError where they are gone or were changed: a tampered copy restores nothing. */
export function approvedBytes(stateDirectory: string, target: Named, digest: string): Buffer {
  return readKept(approvedDirectory(stateDirectory, target), digest, 'bytes');
}

function readKept(directory: string, digest: string, extension: string): Buffer {
  const file = path.join(directory, `${digest}.${extension}`);
  const refuse = (why: string) =>
    new AppError('cannot use the approved record', why, 'see who changed it, and accept a baseline again');
  const read = readFile({ root: '/', path: file });
  if (!read.ok)
    throw refuse(read.failure === 'absent' ? `${file} is gone` : `cannot read ${file}: ${read.why}`);
  if (sha256Hex(read.bytes) !== digest) throw refuse(`${file} was changed after it was kept`);
  return read.bytes;
}

/** The record of a digest. Throws AppError as {@link approvedBytes} does, and for what this version cannot read. */
export function readApproved(stateDirectory: string, target: Named, digest: string): ApprovedRecord {
  const directory = approvedDirectory(stateDirectory, target);
  const bytes = readKept(directory, digest, 'json');
  const parsed = approvedSchema.safeParse(JSON.parse(bytes.toString('utf8')));
  // Two targets of odd names may share a directory.
  const isOfTarget =
    parsed.success && parsed.data.target === target.name && parsed.data.workspace === target.workspace;
  if (isOfTarget) return parsed.data;
  throw new AppError(
    'cannot use the approved record',
    `${path.join(directory, digest)}.json is ${parsed.success ? 'of another target' : 'not of this version'}`,
    parsed.success ? 'accept a baseline again' : 'use the version that wrote it, or accept a baseline again',
  );
}

/** A record with the digest that it is known by. */
export interface KeptRecord {
  readonly digest: string;
  readonly record: ApprovedRecord;
}

/** Every whole record of a target, the newest first. */
export function listApproved(stateDirectory: string, target: Named): readonly KeptRecord[] {
  const names = listDirectory({ root: '/', path: approvedDirectory(stateDirectory, target) });
  return names
    .flatMap((name) => {
      const digest = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
      try {
        return digest === undefined ? [] : [{ digest, record: readApproved(stateDirectory, target, digest) }];
      } catch {
        return [];
      }
    })
    .sort((a, b) => b.record.time - a.record.time);
}

/** Removes what is older than the kept records, `inForce` never. Called by who holds the lock; what cannot be removed stays. */
export async function pruneApproved(
  state: StateDirectory,
  target: Named,
  inForce: string | undefined,
  now: number,
): Promise<void> {
  const directory = approvedDirectory(state.path, target);
  const all = listApproved(state.path, target);
  const [replaced, approved] = [true, false].map((of) =>
    all.filter(({ record }) => (record.replaced === true) === of).slice(0, keptRecords),
  );
  const kept = [...(replaced ?? []), ...(approved ?? []), ...all.filter(({ digest }) => digest === inForce)];
  const named = new Set(
    kept.flatMap(({ digest, record }) => [
      `${digest}.json`,
      `${record.snapshot}.bytes`,
      ...record.entries.flatMap(({ state: was }) => (was.kind === 'file' ? [`${was.sha256}.bytes`] : [])),
    ]),
  );
  for (const name of listDirectory({ root: '/', path: directory })) {
    const file = path.join(directory, name);
    if (named.has(name) || !/^[0-9a-f]{64}\.(?:json|bytes)$/.test(name)) continue;
    await attempt(state, file, async () => {
      const stat = await lstatOf(file);
      if (stat !== undefined && now - stat.mtimeMs > sparedMs) await removeFile(file);
    });
  }
}
