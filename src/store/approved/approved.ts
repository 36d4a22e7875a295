/**
 * `approved/<target>/` in the state directory: records as `<sha256>.json`, and the contents that they name as
 * `<sha256>.bytes`, mode 0600. Each file is named by its own digest, so an altered copy is detected, and
 * content shared by two records is stored once.
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

/**
 * Records kept of a target, newest first: so many approved ones, and as many of what rollbacks and trials
 * replaced.
 */
export const keptRecords = 10;
/**
 * Time in ms during which a file that no record names is kept: it may belong to an acceptance in progress.
 */
const sparedMs = 600_000;

/** Returns the directory of a target's records. */
export function approvedDirectory(stateDirectory: string, target: TargetName): string {
  return path.join(stateDirectory, 'approved', targetId(storeKey(target)));
}

/** Stores bytes under their digest, which it returns. */
async function keep(directory: string, bytes: Uint8Array, extension: string): Promise<string> {
  const digest = sha256Hex(bytes);
  const file = path.join(directory, `${digest}.${extension}`);
  const found = readFile({ root: '/', path: file });
  // A damaged file is written again.
  if (!found.ok || sha256Hex(found.bytes) !== digest) await writeAtomic(file, bytes);
  return digest;
}

/**
 * Stores a record and its contents, and returns the record's digest. Needs no lock: nothing refers to it
 * until the baseline is accepted.
 */
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

/**
 * Returns the bytes of a digest. Throws AppError if they are gone or altered: an altered copy must not be
 * restored.
 */
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

/**
 * Parses a record; `foreign` for one of another target, `unknown` for a format that this version cannot read.
 */
function recordIn(bytes: Buffer, target: TargetName): ApprovedRecord | 'foreign' | 'unknown' {
  const parsed = approvedSchema.safeParse(jsonOf(bytes.toString('utf8')));
  if (!parsed.success) return 'unknown';
  // Two targets with odd names may share a directory.
  const isOfTarget = parsed.data.target === target.name && parsed.data.workspace === target.workspace;
  return isOfTarget ? parsed.data : 'foreign';
}

/**
 * Returns the record of a digest. Throws AppError as {@link approvedBytes} does, and for a format that this
 * version cannot read.
 */
export function readApproved(stateDirectory: string, target: TargetName, digest: string): ApprovedRecord {
  const directory = approvedDirectory(stateDirectory, target);
  const record = recordIn(bytesOf(directory, digest, 'json'), target);
  const file = path.join(directory, `${digest}.json`);
  if (record === 'foreign') throw refuse(`${file} is of another target`, 'accept a baseline again');
  if (record === 'unknown')
    throw refuse(
      `${file} has a format that this version cannot read`,
      'use the version that wrote it, or accept a baseline again',
    );
  return record;
}

/** A record with its digest. */
export interface KeptRecord {
  readonly digest: string;
  readonly record: ApprovedRecord;
}

/**
 * Returns every intact record of a target, newest first. `left` has a line for each that may be intact but
 * cannot be read, now or by this version.
 */
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
    if (record === 'unknown') left.push(`${file} has a format that this version cannot read`);
    else if (record !== 'foreign') records.push({ digest, record });
  }
  return { records: records.sort((a, b) => b.record.time - a.record.time), left };
}

/**
 * Removes records beyond {@link keptRecords}, but none of the digests `needed`. `dropped` is of no further
 * use and removed at once, unless needed. Removes nothing if any record cannot be read now, because it may
 * name any of the contents. Called by the holder of the lock; failures to remove are ignored.
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
