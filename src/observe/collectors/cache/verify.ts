/**
 * Second part of an audit's round: outputs are read and their SHA-256 held against their names. Only what an action leads to at the
 * recorded size is judged: go takes nothing else, and what is being written is shorter. A right content is right whenever it is read; a wrong
 * one is believed when it is read twice, a second apart, from a file that has been at rest for five.
 */
import { entryTypes } from '../../../host/cache-folder.ts';
import { sameStamp } from '../../../host/hash-file.ts';
import type { HashAnswer } from '../../pool/pool-jobs.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { idBytes } from './id-table.ts';
import {
  actionBytes,
  actionNumbers,
  hexAt,
  type Ledger,
  outputBytes,
  outputNumbers,
  verdicts,
} from './ledger.ts';

/** Go rewrites a damaged output in place (DiskCache.copyFile), and a slow disk takes its time. */
export const restMs = 5_000;
/** Between two readings that must agree. */
const againMs = 1_000;
/** Nothing that Go writes is larger: offsets in objects have 32 bits, and its linker refuses more than 4e9 bytes of data. */
export const outputLimitBytes = 2 ** 32;
/** An output is read again after this long, whatever its stamp says: disks rot without a word. The folders' turns are spread over the half of it. */
const rereadMs = 12 * 3_600_000;
const batchFiles = 64;
const batchBytes = 16 * 1024 * 1024;

/** Progress of a round: outputs and bytes read, of those that there are to read. */
export interface VerifyProgress {
  readonly files: number;
  readonly bytes: number;
  readonly allFiles: number;
  readonly allBytes: number;
}

/** Outputs (by index) that an action leads to at the recorded size. */
export function referenced(ledger: Ledger): Uint8Array {
  const { actions, outputs, round } = ledger;
  const led = new Uint8Array(outputs.count);
  for (let index = 0; index < actions.count; index++) {
    if (!valid(ledger, index)) continue;
    const output = outputOf(ledger, index);
    if (output !== -1 && sizeAgrees(ledger, index, output)) led[output] = 1;
  }
  for (let output = 0; output < outputs.count; output++) {
    if (outputs.numbers[outputs.columns.numbers * output + outputNumbers.round] !== round) led[output] = 0;
  }
  return led;
}

/** Whether an action entry is there and go takes it. */
export function valid({ actions, round }: Ledger, index: number): boolean {
  return (
    actions.numbers[actions.columns.numbers * index + actionNumbers.round] === round &&
    actions.bytes[actions.columns.bytes * index + actionBytes.defect] === 0
  );
}

/** The output that an action leads to, by index, where it is there in this round; -1 otherwise. */
export function outputOf({ actions, outputs, round }: Ledger, index: number): number {
  const output = outputs.find(actions.bytes, actions.columns.bytes * index + actionBytes.output);
  if (output === -1) return -1;
  return outputs.numbers[outputs.columns.numbers * output + outputNumbers.round] === round ? output : -1;
}

/** Whether the recorded size is that of the file. */
export function sizeAgrees({ actions, outputs }: Ledger, action: number, output: number): boolean {
  return (
    outputs.bytes[outputs.columns.bytes * output + outputBytes.type] !== entryTypes.unfinished &&
    actions.numbers[actions.columns.numbers * action + actionNumbers.size] ===
      outputs.numbers[outputs.columns.numbers * output + outputNumbers.size]
  );
}

/**
 * Whether an output is to be read again: half a day after the last time, a quarter earlier for the first folder than for the last. One that was
 * read in the future was read by a clock that was set back since.
 */
function isDue({ outputs }: Ledger, output: number, nowMs: number): boolean {
  const turn = ((outputs.ids[idBytes * output] as number) / 256) * (rereadMs / 2);
  const before = outputs.numbers[outputs.columns.numbers * output + outputNumbers.verifiedAt] as number;
  return nowMs >= before + rereadMs / 2 + turn || before > nowMs + rereadMs / 2;
}

/** The file that holds an output. */
export function outputPath(cache: string, ledger: Ledger, output: number): string {
  const id = hexAt(ledger.outputs.ids, idBytes * output);
  const file = `${cache}/${id.slice(0, 2)}/${id}-d`;
  const executable =
    ledger.outputs.bytes[ledger.outputs.columns.bytes * output + outputBytes.type] === entryTypes.executable;
  return executable ? `${file}/${ledger.inner.get(id) ?? ''}` : file;
}

/** Outputs that this round must read. */
export function toRead(ledger: Ledger, led: Uint8Array, nowMs: number, thorough: boolean): number[] {
  const { outputs } = ledger;
  const list: number[] = [];
  for (let output = 0; output < outputs.count; output++) {
    if (led[output] === 0) continue;
    const verdict = outputs.bytes[outputs.columns.bytes * output + outputBytes.verdict];
    const fresh = verdict === verdicts.unread || verdict === verdicts.suspect;
    if (fresh || thorough || isDue(ledger, output, nowMs)) list.push(output);
  }
  return list;
}

/** Reads outputs in batches and records what was found; while a thread reads one, its next one waits there. */
export async function readOutputs(
  cache: string,
  ledger: Ledger,
  list: readonly number[],
  workerPool: WorkerPool,
  clock: () => number,
  onProgress: (progress: VerifyProgress) => void,
): Promise<void> {
  const sizeOf = (output: number) =>
    ledger.outputs.numbers[ledger.outputs.columns.numbers * output + outputNumbers.size] as number;
  const allBytes = list.reduce((sum, output) => sum + sizeOf(output), 0);
  let next = 0;
  let files = 0;
  let bytes = 0;
  const takeBatch = () => {
    const batch: number[] = [];
    let size = 0;
    while (next < list.length && batch.length < batchFiles && size < batchBytes) {
      size += sizeOf(list[next] as number);
      batch.push(list[next++] as number);
    }
    return batch;
  };
  const lane = async () => {
    for (let batch = takeBatch(); batch.length > 0; batch = takeBatch()) {
      const paths = batch.map((output) => outputPath(cache, ledger, output));
      const answers = await workerPool.run('hash', { paths, limit: outputLimitBytes, describe: true });
      batch.forEach((output, each) => {
        record(ledger, output, answers[each] as HashAnswer, clock());
        files++;
        bytes += sizeOf(output);
      });
      onProgress({ files, bytes, allFiles: list.length, allBytes });
    }
  };
  await Promise.all(Array.from({ length: workerPool.lanes }, lane));
}

function record({ outputs }: Ledger, output: number, answer: HashAnswer, nowMs: number): void {
  const { numbers, bytes, columns, ids } = outputs;
  const base = columns.numbers * output;
  const start = columns.bytes * output;
  const setVerdict = (verdict: number) => {
    bytes[start + outputBytes.verdict] = verdict;
  };
  if (typeof answer === 'string') {
    if (answer === 'denied' || answer === 'failed') setVerdict(verdicts.unreadable);
    if (answer === 'too-large') setVerdict(verdicts.oversized);
    return; // gone or moving: the next round looks again
  }
  const { digest, stamp, about } = answer;
  const known = {
    inode: numbers[base + outputNumbers.inode] as number,
    size: numbers[base + outputNumbers.size] as number,
    mtimeMs: numbers[base + outputNumbers.mtimeMs] as number,
    ctimeMs: numbers[base + outputNumbers.ctimeMs] as number,
  };
  const same = sameStamp(known, stamp);
  if (stamp.size !== known.size) return;
  numbers[base + outputNumbers.inode] = stamp.inode;
  numbers[base + outputNumbers.mtimeMs] = stamp.mtimeMs;
  numbers[base + outputNumbers.ctimeMs] = stamp.ctimeMs;
  numbers[base + outputNumbers.verifiedAt] = nowMs;
  if (digest.every((byte, at) => byte === ids[idBytes * output + at])) {
    // What a damaged content looks like says nothing.
    bytes[start + outputBytes.kind] = about?.kind ?? 0;
    bytes[start + outputBytes.pure] = about?.pure === true ? 1 : 0;
    bytes[start + outputBytes.mixed] = about?.mixed === true ? 1 : 0;
    bytes[start + outputBytes.made] = about === undefined || about.madeBy.length === 0 ? 0 : 1;
    bytes.set(about?.madeBy ?? [], start + outputBytes.madeBy);
    numbers[base + outputNumbers.suspectAt] = 0;
    setVerdict(verdicts.good);
    return;
  }
  const before = same ? (numbers[base + outputNumbers.suspectAt] as number) : 0;
  // What was read in the future was read by a clock that was set back since: when that was nobody knows.
  const since = before <= nowMs ? before : 0;
  if (since > 0 && nowMs - since >= againMs && atRest(stamp.mtimeMs, nowMs)) {
    setVerdict(verdicts.corrupt);
  } else {
    numbers[base + outputNumbers.suspectAt] = since > 0 ? since : nowMs;
    setVerdict(verdicts.suspect);
  }
}

/** Whether a file was not written to for a while; a time of the future is no writing either. */
function atRest(mtimeMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - mtimeMs) >= restMs;
}

/** How long to wait, in ms, until every suspect can be judged; undefined when there is none. */
export function settlingMs(ledger: Ledger, led: Uint8Array, nowMs: number): number | undefined {
  const { outputs } = ledger;
  let wait: number | undefined;
  for (let output = 0; output < led.length; output++) {
    const suspect = outputs.bytes[outputs.columns.bytes * output + outputBytes.verdict] === verdicts.suspect;
    if (led[output] === 0 || !suspect) continue;
    const base = outputs.columns.numbers * output;
    const mtime = outputs.numbers[base + outputNumbers.mtimeMs] as number;
    const rest = atRest(mtime, nowMs) ? 0 : mtime + restMs - nowMs;
    const again = Math.min(
      againMs,
      (outputs.numbers[base + outputNumbers.suspectAt] as number) + againMs - nowMs,
    );
    wait = Math.max(wait ?? 0, rest, again, 0);
  }
  return wait;
}
