/**
 * `approved/<target>/` in the state directory: records as `<sha256>.json`, and the bytes that they name as `<sha256>.bytes`, 0600. Each file is named by
 * its own digest, so a copy that somebody changed is none, and what two records share lies there once.
 */
import path from 'node:path';
import { AppError, makeItReadable } from '../../catalog/errors.ts';
import { ensureDirectory, lstatOf, removeFile, writeAtomic } from '../../host/atomic.ts';
import { sha256Hex } from '../../host/digest.ts';
import { listDirectory, readFile } from '../../host/files.ts';
import { jsonOf, namesKept, readBytes } from '../json-file.ts';
import { storeKey, type TargetName } from '../peek.ts';
import { attempt, type StateDirectory, type WriteResult } from '../state-directory.ts';
import { targetId } from '../target-files.ts';
import { type ApprovedRecord, approvedSchema } from './record.ts';

/** Records that are kept of a target, the newest first: so many that were approved, and as many of what rollbacks and tries replaced. */
export const keptRecords = 10;
/** A file that no record names may belong to an acceptance that is being made: it is spared for so long, ms. */
const sparedMs = 600_000;

/** The directory of a target's records. */
export function approvedDirectory(stateDirectory: string, target: TargetName): string {
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
  target: TargetName,
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

const refuse = (why: string, todo = 'see who changed it, and accept a baseline again') =>
  new AppError('cannot use the approved record', why, todo);

/** The bytes of a digest. Throws AppError where they are gone or were changed: a tampered copy restores nothing. */
export function approvedBytes(stateDirectory: string, target: TargetName, digest: string): Buffer {
  return bytesOf(approvedDirectory(stateDirectory, target), digest, 'bytes');
}

function bytesOf(directory: string, digest: string, extension: string): Buffer {
  const file = path.join(directory, `${digest}.${extension}`);
  const { bytes, left } = readBytes(file);
  if (left !== undefined) throw refuse(left, makeItReadable);
  if (bytes === undefined) throw refuse(`${file} is gone`);
  if (sha256Hex(bytes) !== digest) throw refuse(`${file} was changed after it was kept`);
  return bytes;
}

/** The record that a file holds; `foreign` for one of another target, `unknown` for what this version cannot read. */
function recordIn(bytes: Buffer, target: TargetName): ApprovedRecord | 'foreign' | 'unknown' {
  const parsed = approvedSchema.safeParse(jsonOf(bytes.toString('utf8')));
  if (!parsed.success) return 'unknown';
  // Two targets of odd names may share a directory.
  const isOfTarget = parsed.data.target === target.name && parsed.data.workspace === target.workspace;
  return isOfTarget ? parsed.data : 'foreign';
}

/** The record of a digest. Throws AppError as {@link approvedBytes} does, and for what this version cannot read. */
export function readApproved(stateDirectory: string, target: TargetName, digest: string): ApprovedRecord {
  const directory = approvedDirectory(stateDirectory, target);
  const record = recordIn(bytesOf(directory, digest, 'json'), target);
  const file = path.join(directory, `${digest}.json`);
  if (record === 'foreign') throw refuse(`${file} is of another target`, 'accept a baseline again');
  if (record === 'unknown')
    throw refuse(
      `${file} is not of this version`,
      'use the version that wrote it, or accept a baseline again',
    );
  return record;
}

/** A record with the digest that it is known by. */
export interface KeptRecord {
  readonly digest: string;
  readonly record: ApprovedRecord;
}

/** Every whole record of a target, the newest first; `left` says of each that may be whole and cannot be read, now or by this version, why not, in one line. */
export function readRecords(
  stateDirectory: string,
  target: TargetName,
): { readonly records: readonly KeptRecord[]; readonly left: readonly string[] } {
  const directory = approvedDirectory(stateDirectory, target);
  const { names, left: unlisted } = namesKept(directory);
  const left = unlisted === undefined ? [] : [unlisted];
  const records: KeptRecord[] = [];
  for (const name of names) {
    const digest = /^([0-9a-f]{64})\.json$/.exec(name)?.[1];
    if (digest === undefined) continue;
    const file = path.join(directory, name);
    const { bytes, left: unread } = readBytes(file);
    if (unread !== undefined) left.push(unread);
    if (bytes === undefined || sha256Hex(bytes) !== digest) continue;
    const record = recordIn(bytes, target);
    if (record === 'unknown') left.push(`${file} is not of this version`);
    else if (record !== 'foreign') records.push({ digest, record });
  }
  return { records: records.sort((a, b) => b.record.time - a.record.time), left };
}

/**
 * Removes records beyond {@link keptRecords}, but none of the digests that are `needed`; `dropped` is of no use any more and goes at once, unless it is needed. Removes nothing where a
 * record cannot be read this time, for it may name any of the bytes. Called by whoever holds the lock; what cannot be removed stays.
 */
export async function pruneApproved(
  state: StateDirectory,
  target: TargetName,
  needed: ReadonlySet<string>,
  now: number,
  dropped?: string,
): Promise<void> {
  const directory = approvedDirectory(state.path, target);
  const { records, left } = readRecords(state.path, target);
  if (left.length > 0) return;
  const all = records.filter(({ digest }) => digest !== dropped || needed.has(digest));
  const replaced = all.filter(({ record }) => record.replaced === true);
  const approved = all.filter(({ record }) => record.replaced !== true);
  const kept = [
    ...replaced.slice(0, keptRecords),
    ...approved.slice(0, keptRecords),
    ...all.filter(({ digest }) => needed.has(digest)),
  ];
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
      const isSpared = name !== `${dropped}.json` && stat !== undefined && now - stat.mtimeMs <= sparedMs;
      if (stat !== undefined && !isSpared) await removeFile(file);
    });
  }
}
