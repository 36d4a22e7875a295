/**
 * The work of the audit's threads. `survey` walks some of the 256 directories and says what lies there, reading only action entries that
 * moved; `verify` hashes outputs. Both are synchronous and judge nothing beyond one file.
 */
import path from 'node:path';
import {
  actionSize,
  cacheEntryName,
  describedBytes,
  describeOutput,
  parseAction,
} from '../../go/build-cache.ts';
import { type EntryStat, entryStat, hashFileQuietly, namesIn, readQuietly } from '../../host/sweep.ts';
import { CacheRecords, type RecordKind, RecordWriter } from './records.ts';

/** Walk these directories (`00` …), knowing these records of them. */
export interface SurveyJob {
  readonly type: 'survey';
  readonly cache: string;
  readonly directories: readonly string[];
  readonly known: Uint8Array;
}

/** Something in the cache that go did not put there, or cannot use. */
export interface Oddity {
  /** Relative to the cache. */
  readonly path: string;
  readonly why:
    | 'foreign-name'
    | 'not-regular'
    | 'unreadable-directory'
    | 'unreadable'
    | 'malformed-action'
    | 'crowded-directory';
}

export interface Survey {
  readonly type: 'survey';
  readonly records: Uint8Array<ArrayBuffer>;
  /** Records that are not those of the known ones. */
  readonly moved: number;
  /** Known records whose entry is gone. */
  readonly gone: number;
  readonly odd: readonly Oddity[];
  readonly oddOmitted: number;
  readonly busyMs: number;
}

/** Hash these outputs. */
export interface VerifyJob {
  readonly type: 'verify';
  readonly cache: string;
  readonly ids: readonly string[];
}

/** What hashing an output gave; `moved` and `gone` say nothing about it. */
export interface Verified {
  readonly id: string;
  readonly outcome: 'good' | 'bad' | 'denied' | 'moved' | 'gone' | 'failed';
  readonly size: number;
  readonly class?: ReturnType<typeof describeOutput>['class'];
  /** Hex of the first bytes of the action that an archive names as its own. */
  readonly actionPrefix?: string;
  readonly stat?: EntryStat;
}

export interface Verification {
  readonly type: 'verify';
  readonly outputs: readonly Verified[];
  readonly bytes: number;
  readonly busyMs: number;
}

export type AuditJob = SurveyJob | VerifyJob;
export type AuditAnswer = Survey | Verification;

const oddLimit = 100; // of one job; a cache full of rubbish is told by number
/** More names than any directory of a real cache holds; the rest is not looked at. */
const namesLimit = 100_000;

interface Walk {
  readonly job: SurveyJob;
  readonly known: CacheRecords;
  readonly writer: RecordWriter;
  readonly odd: Oddity[];
  at: number;
  moved: number;
  gone: number;
  oddOmitted: number;
}

function note(walk: Walk, where: string, why: Oddity['why']): void {
  if (walk.odd.length < oddLimit) walk.odd.push({ path: where, why });
  else walk.oddOmitted++;
}

/** Moves to the known record of an entry, over those whose entries are gone. True when it is there. */
function seek(walk: Walk, id: string, kind: RecordKind): boolean {
  const { known } = walk;
  for (; walk.at < known.length; walk.at++) {
    const other = known.id(walk.at);
    if (other > id || (other === id && known.kind(walk.at) > kind)) return false;
    if (other === id && known.kind(walk.at) === kind) return true;
    walk.gone++;
  }
  return false;
}

function surveyEntry(walk: Walk, directory: string, name: string): void {
  const where = path.join(directory, name);
  const entry = cacheEntryName(name);
  if (entry === undefined || !entry.id.startsWith(directory)) return note(walk, where, 'foreign-name');
  const { id, kind } = entry;
  const file = path.join(walk.job.cache, where);
  const stat = entryStat(file);
  if (stat === undefined) return;
  if (stat.type === 'other' || (stat.type === 'directory' && kind === 'action'))
    return note(walk, where, 'not-regular');
  const known = seek(walk, id, kind);
  if (known && stat.type === 'file' && walk.known.isUnmoved(walk.at, stat)) {
    walk.writer.copy(walk.known, walk.at++);
    return;
  }
  const before = known ? walk.at++ : undefined;
  walk.moved++;
  if (kind === 'action') surveyAction(walk, where, id, stat, before);
  else surveyOutput(walk, where, id, stat, before);
}

function surveyAction(
  walk: Walk,
  where: string,
  id: string,
  stat: EntryStat,
  before: number | undefined,
): void {
  const read = readQuietly(path.join(walk.job.cache, where), actionSize + 1);
  if (!read.ok && read.why === 'gone') return;
  const action = read.ok ? parseAction(read.text, id) : undefined;
  if (action === undefined) note(walk, where, read.ok ? 'malformed-action' : 'unreadable');
  walk.writer.add({
    id,
    kind: 'action',
    verdict: action === undefined ? (read.ok ? 'damaged' : 'denied') : 'good',
    ...(action === undefined ? {} : { other: action.output }),
    // What it led to before: an action that made an archive makes nothing else.
    ...(before === undefined ? {} : { class: walk.known.class(before) || 'other' }),
    size: action?.size ?? 0,
    stat,
  });
}

/** Since Go 1.24 an executable lies in a directory of its own: `<id>-d/<name>`; its one file is the output. */
function executableIn(directory: string): { readonly file: string; readonly stat: EntryStat } | undefined {
  const names = namesIn(directory);
  if ('error' in names || names.length !== 1) return undefined;
  const file = path.join(directory, names[0] as string);
  const stat = entryStat(file);
  return stat?.type === 'file' ? { file, stat } : undefined;
}

function surveyOutput(
  walk: Walk,
  where: string,
  id: string,
  stat: EntryStat,
  before: number | undefined,
): void {
  let found = stat;
  if (stat.type === 'directory') {
    const executable = executableIn(path.join(walk.job.cache, where));
    // A directory in place of a file is a permanent miss to go, as is one that holds anything but one file.
    if (executable === undefined) {
      note(walk, where, 'not-regular');
      return;
    }
    found = executable.stat;
    if (before !== undefined && walk.known.isUnmoved(before, found)) {
      walk.moved--;
      walk.writer.copy(walk.known, before);
      return;
    }
  }
  walk.writer.add({ id, kind: 'output', verdict: 'open', size: found.size, stat: found });
}

/** Walks the directories of a job. */
export function survey(job: SurveyJob): Survey {
  const start = performance.now();
  const walk: Walk = {
    job,
    known: new CacheRecords(job.known),
    writer: new RecordWriter(),
    odd: [],
    at: 0,
    moved: 0,
    gone: 0,
    oddOmitted: 0,
  };
  for (const directory of job.directories) {
    const stat = entryStat(path.join(job.cache, directory));
    if (stat === undefined) continue;
    const names = stat.type === 'directory' ? namesIn(path.join(job.cache, directory)) : { error: 'ENOTDIR' };
    if ('error' in names) {
      if (names.error !== 'ENOENT')
        note(walk, directory, names.error === 'ENOTDIR' ? 'not-regular' : 'unreadable-directory');
      continue;
    }
    if (names.length > namesLimit) note(walk, directory, 'crowded-directory');
    for (const name of names.slice(0, namesLimit)) surveyEntry(walk, directory, name);
  }
  return {
    type: 'survey',
    records: walk.writer.take(),
    moved: walk.moved,
    gone: walk.gone + (walk.known.length - walk.at),
    odd: walk.odd,
    oddOmitted: walk.oddOmitted,
    busyMs: performance.now() - start,
  };
}

let buffer: Buffer | undefined;

function verifyOutput(cache: string, id: string): Verified {
  const where = path.join(cache, id.slice(0, 2), `${id}-d`);
  const stat = entryStat(where);
  if (stat === undefined) return { id, outcome: 'gone', size: 0 };
  const file = stat.type === 'directory' ? executableIn(where)?.file : where;
  if (file === undefined) return { id, outcome: 'moved', size: 0 };
  buffer ??= Buffer.allocUnsafe(1024 * 1024);
  const hashed = hashFileQuietly(file, buffer, describedBytes);
  if (!hashed.ok) return { id, outcome: hashed.why, size: 0 };
  const { class: kind, actionPart } = describeOutput(hashed.head);
  return {
    id,
    outcome: hashed.sha256.toString('hex') === id ? 'good' : 'bad',
    size: hashed.stat.size,
    class: kind,
    ...(actionPart === undefined
      ? {}
      : { actionPrefix: Buffer.from(actionPart, 'base64url').toString('hex').slice(0, 30) }),
    stat: hashed.stat,
  };
}

/** Hashes the outputs of a job. */
export function verify(job: VerifyJob): Verification {
  const start = performance.now();
  const outputs = job.ids.map((id) => verifyOutput(job.cache, id));
  return {
    type: 'verify',
    outputs,
    bytes: outputs.reduce((sum, one) => sum + one.size, 0),
    busyMs: performance.now() - start,
  };
}

/** Does a job of either kind. */
export function doAuditJob(job: AuditJob): {
  readonly answer: AuditAnswer;
  readonly transfer: readonly ArrayBuffer[];
} {
  if (job.type === 'verify') return { answer: verify(job), transfer: [] };
  const answer = survey(job);
  return { answer, transfer: [answer.records.buffer] };
}
