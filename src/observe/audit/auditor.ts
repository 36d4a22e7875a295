/**
 * The audit of one build cache. A round surveys the 256 directories, hashes the outputs that moved (and some of those not hashed for
 * longest), and gives a verdict. It reads a cache that builds write to, so it alarms late and never by one look: an output is corrupt when
 * its size is the one that an action records, it has lain still for some seconds, and two readings agree.
 */
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type {
  CacheFacts,
  CacheKind,
  CorruptOutput,
  ReboundAction,
  RemovalCause,
} from '../../drift/facets/cache.ts';
import { archivePackage, describeOutput, parseTrimTime } from '../../go/build-cache.ts';
import { isWritableDirectory, readFile } from '../../host/files.ts';
import type { Clock } from '../../host/machine.ts';
import { entryStat, freeSpace } from '../../host/sweep.ts';
import { realOf } from '../go-tree.ts';
import type { AuditAnswer, AuditJob, Oddity, Survey, Verification, Verified } from './jobs.ts';
import { CacheRecords, recordBytes } from './records.ts';

/** Runs jobs, perhaps several at once. */
export interface AuditRunner {
  readonly size: number;
  run(job: AuditJob): Promise<AuditAnswer>;
}

/** What is kept of an audit from one process to the next. */
export interface AuditMemory {
  readonly records: Uint8Array;
  /** Which directory it was: device and inode. */
  readonly identity: string;
  /** Seconds since the epoch in trim.txt. */
  readonly trimmed?: number;
}

export interface AuditorOptions {
  /** Absolute path, as GOCACHE names it. */
  readonly cache: string;
  readonly runner: AuditRunner;
  readonly clock: Clock;
  /** The user that builds; 0 may replace anything. */
  readonly uid: number;
  /** Part of one core that the audit may take; 1 is all it can get. */
  readonly share: number;
  readonly memory?: AuditMemory;
  /** Told after each step: outputs and bytes hashed of those to be hashed in this round. */
  readonly progress?: (done: number, total: number) => void;
}

export interface Auditor {
  /** One round; the verdict after it. */
  round(): Promise<CacheFacts>;
  readonly memory: () => AuditMemory;
  /** Seconds of thread time that this audit used. */
  readonly busySeconds: () => number;
}

const rangeCount = 16;
/** As long as a writer may take between the bytes before the last and the last one (cache.go, copyFile). */
const settleMs = 5_000;
const retryMs = 250;
/** Every output is hashed again within this time, whatever its stamps say: bits rot silently. */
const rollingMs = 24 * 3_600_000;
const batchBytes = 32 * 1024 * 1024;
/** Nothing that go writes is larger; a sparse file may claim to be. */
const outputLimitBytes = 4 * 1024 ** 3;
const listLimit = 20;
/** What a build needs at the least; below it the first write fails. */
const freeBytesMin = 64 * 1024;

const hexByte = (value: number) => value.toString(16).padStart(2, '0');
const rangeDirectories = Array.from({ length: rangeCount }, (_, range) =>
  Array.from({ length: 256 / rangeCount }, (_unused, index) => hexByte(range * (256 / rangeCount) + index)),
);

const noEntries: Readonly<Record<CacheKind, number>> = {
  action: 0,
  archive: 0,
  index: 0,
  other: 0,
  orphan: 0,
  missing: 0,
  damaged: 0,
};

/** A verdict on a directory that cannot be audited. */
function unusable(cache: string, why: string, removed: CacheFacts['removed']): CacheFacts {
  return {
    path: cache,
    state: 'unusable',
    why,
    bytes: 0,
    entries: noEntries,
    corrupt: [],
    rebound: [],
    corruptCount: 0,
    reboundCount: 0,
    foreign: 0,
    damaged: [],
    verifiedRatio: 1,
    removed,
  };
}

/** What actions say of outputs. */
interface Joined {
  /** Index of the output that each action leads to; -1 where there is none. Index is that of the record. */
  readonly outputOf: Int32Array;
  /** Of each record: 1 when some action records the very size that the output has. */
  readonly sized: Uint8Array;
  /** Of each record: 1 when some action leads to it. */
  readonly led: Uint8Array;
}

function join(records: CacheRecords): Joined {
  const { length } = records;
  const outputs = new Map<string, number>();
  for (let at = 0; at < length; at++) if (records.kind(at) === 'output') outputs.set(records.idKey(at), at);
  const outputOf = new Int32Array(length).fill(-1);
  const sized = new Uint8Array(length);
  const led = new Uint8Array(length);
  for (let at = 0; at < length; at++) {
    if (records.kind(at) !== 'action' || records.verdict(at) !== 'good') continue;
    const output = outputs.get(records.otherKey(at));
    if (output === undefined) continue;
    outputOf[at] = output;
    led[output] = 1;
    if (records.size(at) === records.size(output)) sized[output] = 1;
  }
  return { outputOf, sized, led };
}

/** Makes an auditor; nothing runs before the first round. */
export function createAuditor(options: AuditorOptions): Auditor {
  const { cache, runner, clock, share } = options;
  let records = new CacheRecords(options.memory?.records ?? new Uint8Array());
  let identity = options.memory?.identity ?? '';
  let trimmed = options.memory?.trimmed;
  let joined = join(records);
  let odd: readonly Oddity[] = [];
  let oddOmitted = 0;
  let busyMs = 0;
  const removed: Record<RemovalCause, number> = { trim: 0, clean: 0, swap: 0, unknown: 0 };

  /** Runs jobs within the share: all threads at once when it is all of a core, else one after the other with rests. */
  async function runAll<J extends AuditJob, A extends AuditAnswer>(
    jobs: readonly J[],
    each: (answer: A, job: J) => void,
  ): Promise<void> {
    const answered = async (job: J) => {
      const answer = (await runner.run(job)) as A;
      busyMs += answer.busyMs;
      each(answer, job);
      if (share < 1) await delay(answer.busyMs * (1 / share - 1));
    };
    const lanes = share < 1 ? 1 : runner.size;
    const pending = [...jobs];
    await Promise.all(
      Array.from({ length: lanes }, async () => {
        for (let job = pending.shift(); job !== undefined; job = pending.shift()) await answered(job);
      }),
    );
  }

  /** The part of the known records that lies in a range of directories. */
  function knownOf(range: number): Uint8Array {
    const first = (range * 256) / rangeCount;
    const bound = (byte: number) => {
      let [low, high] = [0, records.length];
      while (low < high) {
        const middle = (low + high) >> 1;
        if ((records.bytes[middle * recordBytes] as number) < byte) low = middle + 1;
        else high = middle;
      }
      return low * recordBytes;
    };
    // A copy: a view would take all records along to the thread.
    return new Uint8Array(records.bytes.subarray(bound(first), bound(first + 256 / rangeCount)));
  }

  async function surveyAll(): Promise<{ readonly moved: number; readonly gone: number }> {
    const parts: Uint8Array[] = [];
    const oddities: Oddity[] = [];
    let [moved, gone, omitted] = [0, 0, 0];
    const jobs = rangeDirectories.map(
      (directories, range) => ({ type: 'survey', cache, directories, known: knownOf(range), range }) as const,
    );
    await runAll<(typeof jobs)[number], Survey>(jobs, (answer, { range }) => {
      parts[range] = answer.records;
      oddities.push(...answer.odd);
      moved += answer.moved;
      gone += answer.gone;
      omitted += answer.oddOmitted;
    });
    odd = oddities.sort((a, b) => (a.path < b.path ? -1 : 1));
    oddOmitted = omitted;
    if (moved > 0 || gone > 0) {
      records = new CacheRecords(Buffer.concat(parts));
      joined = join(records);
    }
    return { moved, gone };
  }

  /** Outputs to be hashed now: those that moved and lie still, and those not hashed for longest. */
  function due(now: number): readonly number[] {
    const chosen: number[] = [];
    for (let at = 0; at < records.length; at++) {
      if (records.kind(at) !== 'output') continue;
      const verdict = records.verdict(at);
      const moved = verdict === 'open' || verdict === 'bad' || verdict === 'irregular';
      const old = verdict === 'good' && now - records.verifiedAt(at) > rollingMs;
      // A short file is being written or was given up, and to go it is a miss; that is no corruption.
      const judged = joined.sized[at] === 1 || joined.led[at] === 0;
      if (!judged || records.size(at) > outputLimitBytes) records.judge(at, 'irregular');
      else if ((moved || old) && now - records.mtimeMs(at) > settleMs) chosen.push(at);
    }
    return chosen;
  }

  function batches(
    chosen: readonly number[],
  ): readonly { readonly type: 'verify'; readonly cache: string; readonly ids: string[] }[] {
    const jobs: { readonly type: 'verify'; readonly cache: string; readonly ids: string[] }[] = [];
    let room = 0;
    for (const at of chosen) {
      if (room <= 0) {
        jobs.push({ type: 'verify', cache, ids: [] });
        room = batchBytes;
      }
      (jobs.at(-1) as { ids: string[] }).ids.push(records.id(at));
      room -= records.size(at) + 4096;
    }
    return jobs;
  }

  /** Hashes outputs and writes what was seen; returns the records of those with another content. */
  async function verifyOutputs(chosen: readonly number[], now: number): Promise<readonly number[]> {
    const byId = new Map(chosen.map((at) => [records.id(at), at]));
    const suspects: number[] = [];
    let done = 0;
    const take = (one: Verified) => {
      const at = byId.get(one.id) as number;
      if (one.outcome === 'denied') records.judge(at, 'denied');
      if (one.stat === undefined || one.class === undefined) return;
      const seen = {
        class: one.class,
        ...(one.actionPrefix === undefined ? {} : { actionPrefix: one.actionPrefix }),
        stat: one.stat,
        time: now,
      };
      if (one.outcome === 'good') records.judge(at, 'good', seen);
      // It may have grown since the actions were read; then it is judged in the next round.
      else if (one.outcome === 'bad' && one.size === records.size(at)) suspects.push(at);
    };
    await runAll<{ readonly type: 'verify'; readonly cache: string; readonly ids: string[] }, Verification>(
      batches(chosen),
      (answer) => {
        for (const one of answer.outputs) take(one);
        done += answer.outputs.length;
        options.progress?.(done, chosen.length);
      },
    );
    return suspects;
  }

  /** A second reading of what looked bad; only what is bad twice, and lay still between, is. */
  async function confirm(suspects: readonly number[], now: number): Promise<void> {
    if (suspects.length === 0) return;
    await delay(retryMs);
    const again = new Set(await verifyOutputs(suspects, now));
    for (const at of suspects) {
      if (!again.has(at)) continue;
      const stat = entryStat(path.join(cache, records.id(at).slice(0, 2), `${records.id(at)}-d`));
      const still = stat !== undefined && (stat.type === 'directory' || records.isUnmoved(at, stat));
      records.judge(at, still ? 'bad' : 'open');
    }
  }

  /** Actions that lead to an output which is not theirs. An archive names its action; nothing else does. */
  function reboundActions(now: number): readonly number[] {
    const found: number[] = [];
    for (let at = 0; at < records.length; at++) {
      const output = joined.outputOf[at] as number;
      if (records.kind(at) !== 'action' || output < 0 || records.verdict(output) !== 'good') continue;
      const kind = records.class(output);
      const foreign =
        kind === 'archive'
          ? records.namesAction(output) && !records.leadsTo(at, output)
          : records.class(at) === 'archive';
      if (!foreign) {
        // What an action led to is remembered once it was seen to be right.
        if (records.class(at) !== kind) records.setClass(at, kind);
      } else if (now - records.mtimeMs(at) > settleMs) {
        found.push(at);
      }
    }
    return found;
  }

  async function described(id: string): Promise<Partial<Omit<CorruptOutput, 'id' | 'size' | 'actions'>>> {
    const read = await readFile({ root: '/', path: path.join(cache, id.slice(0, 2), `${id}-d`) });
    if (!read.ok) return {};
    const { class: kind, goVersion, goos, goarch } = describeOutput(read.bytes);
    const name = kind === 'archive' || kind === 'other' ? archivePackage(read.bytes) : undefined;
    return {
      class: kind,
      ...(name === undefined ? {} : { package: name }),
      ...(goVersion === undefined ? {} : { goVersion, platform: `${goos}/${goarch}` }),
    };
  }

  async function corruptOutputs(bad: readonly number[]): Promise<readonly CorruptOutput[]> {
    const actions = new Map<number, string[]>(bad.map((at) => [at, []]));
    for (let at = 0; at < records.length; at++) {
      const list = actions.get(joined.outputOf[at] as number);
      if (list !== undefined && list.length < listLimit) list.push(records.id(at));
    }
    return await Promise.all(
      bad.slice(0, listLimit).map(async (at) => ({
        id: records.id(at),
        size: records.size(at),
        actions: actions.get(at) ?? [],
        class: 'other',
        ...(await described(records.id(at))),
      })),
    );
  }

  function counts(): Pick<
    CacheFacts,
    'bytes' | 'entries' | 'foreign' | 'foreignUid' | 'verifiedRatio' | 'fullyVerified'
  > {
    const entries = { ...noEntries };
    let [bytes, foreign, outputs, verified] = [0, 0, 0, 0];
    let oldest = Number.POSITIVE_INFINITY;
    let foreignUid: number | undefined;
    for (let at = 0; at < records.length; at++) {
      // Root replaces anything; so does whoever may write the file in place.
      if (options.uid !== 0 && records.uid(at) !== options.uid && (records.mode(at) & 0o002) === 0) {
        foreign++;
        foreignUid ??= records.uid(at);
      }
      if (records.kind(at) === 'action') {
        entries.action++;
        bytes += 175;
        if (records.verdict(at) === 'good' && (joined.outputOf[at] as number) < 0) entries.missing++;
        if (records.verdict(at) === 'damaged') entries.damaged++;
        continue;
      }
      bytes += records.size(at);
      const kind = records.class(at);
      entries[kind === 'archive' || kind === 'index' ? kind : 'other']++;
      if (joined.led[at] === 0) entries.orphan++;
      if (joined.led[at] === 1 && joined.sized[at] === 0) entries.damaged++;
      const verdict = records.verdict(at);
      if (verdict === 'irregular') continue;
      outputs++;
      if (verdict === 'good' || verdict === 'bad') verified++;
      if (verdict === 'good') oldest = Math.min(oldest, records.verifiedAt(at));
    }
    entries.damaged += odd.length + oddOmitted;
    const whole = outputs > 0 && verified === outputs && Number.isFinite(oldest);
    return {
      bytes,
      entries,
      foreign,
      ...(foreignUid === undefined ? {} : { foreignUid }),
      verifiedRatio: outputs === 0 ? 1 : verified / outputs,
      ...(whole ? { fullyVerified: oldest } : {}),
    };
  }

  async function writability(): Promise<Pick<CacheFacts, 'unwritable'>> {
    if (!(await isWritableDirectory({ root: '/', path: cache }))) return { unwritable: 'permissions' };
    const free = freeSpace(cache);
    const full = free !== undefined && (free.bytes < freeBytesMin || free.inodes === 0);
    return full ? { unwritable: 'full-disk' } : {};
  }

  /** Books what went away under its cause. */
  async function account(gone: number, swapped: boolean): Promise<void> {
    const trim = await readFile({ root: '/', path: path.join(cache, 'trim.txt') }, 64);
    const time = trim.ok ? parseTrimTime(trim.bytes.toString('latin1')) : undefined;
    const cause: RemovalCause = swapped
      ? 'swap'
      : records.length === 0
        ? 'clean'
        : time !== undefined && trimmed !== undefined && time > trimmed
          ? 'trim'
          : 'unknown';
    removed[cause] += gone;
    trimmed = time ?? trimmed;
  }

  async function verdict(now: number): Promise<CacheFacts> {
    const bad: number[] = [];
    for (let at = 0; at < records.length; at++) {
      // An orphan that is bad can reach no build: to put it there, go hashes it first.
      if (records.kind(at) === 'output' && records.verdict(at) === 'bad' && joined.led[at] === 1)
        bad.push(at);
    }
    const rebound = reboundActions(now);
    return {
      path: cache,
      state: 'audited',
      ...(await writability()),
      ...counts(),
      corrupt: await corruptOutputs(bad),
      corruptCount: bad.length,
      rebound: await Promise.all(
        rebound.slice(0, listLimit).map(async (at): Promise<ReboundAction> => {
          const { package: name } = await described(records.other(at));
          return {
            id: records.id(at),
            output: records.other(at),
            ...(name === undefined ? {} : { package: name }),
          };
        }),
      ),
      reboundCount: rebound.length,
      damaged: [...damagedRecords(), ...odd].slice(0, listLimit),
      removed: { ...removed },
    };
  }

  /** Entries that go would pass over: short, long or unreadable outputs that an action leads to. */
  function damagedRecords(): readonly { readonly path: string; readonly why: string }[] {
    const found: { path: string; why: string }[] = [];
    for (let at = 0; at < records.length && found.length < listLimit; at++) {
      if (records.kind(at) !== 'output') continue;
      const why =
        joined.led[at] === 1 && joined.sized[at] === 0
          ? 'other-size'
          : joined.led[at] === 0 && records.verdict(at) === 'bad'
            ? 'orphan-with-other-content'
            : records.verdict(at) === 'denied'
              ? 'unreadable'
              : undefined;
      if (why !== undefined) found.push({ path: `${records.id(at).slice(0, 2)}/${records.id(at)}-d`, why });
    }
    return found;
  }

  return {
    async round() {
      const now = clock();
      const stat = entryStat(await realOf('/', cache));
      if (stat === undefined || stat.type !== 'directory') {
        const why =
          stat === undefined
            ? entryStat(cache) === undefined
              ? 'absent'
              : 'dangling-link'
            : 'not-a-directory';
        return unusable(cache, why, { ...removed });
      }
      const found = `${stat.inode}`;
      const swapped = identity !== '' && found !== identity;
      identity = found;
      const { gone } = await surveyAll();
      await account(gone, swapped);
      const chosen = due(now);
      options.progress?.(0, chosen.length);
      await confirm(await verifyOutputs(chosen, now), now);
      return await verdict(now);
    },
    memory: () => ({
      records: records.bytes,
      identity,
      ...(trimmed === undefined ? {} : { trimmed }),
    }),
    busySeconds: () => busyMs / 1000,
  };
}
