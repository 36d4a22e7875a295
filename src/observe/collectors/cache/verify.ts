/**
 * The second part of an audit round: reads outputs and compares their SHA-256 with their names. Only outputs
 * that an action references at the recorded size are judged: `go` uses no others, and an output being written
 * is shorter. A matching digest is conclusive at any time. A mismatch counts only if the output was read
 * twice, one second apart, and has been at rest for five seconds.
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

/**
 * How long an output must be unchanged, ms: Go rewrites a damaged output in place (DiskCache.copyFile), and a
 * slow disk takes its time.
 */
export const restMs = 5_000;
/** Least time between two readings that must agree, ms. */
const againMs = 1_000;
/**
 * Larger than anything Go writes: offsets in objects have 32 bits, and the linker refuses more than 4e9 bytes
 * of data.
 */
export const outputLimitBytes = 2 ** 32;
/**
 * Time after which an output is read again even if its stamp is unchanged, since disks may corrupt data
 * silently. The subdirectories are spread over half of it.
 */
const rereadMs = 12 * 3_600_000;
const batchFiles = 64;
const batchBytes = 16 * 1024 * 1024;

/** Progress of a round: outputs and bytes read, and their totals. */
export interface VerifyProgress {
  readonly files: number;
  readonly bytes: number;
  readonly allFiles: number;
  readonly allBytes: number;
}

/** Marks the outputs, by index, that an action references at the recorded size. */
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

/** Reports whether an action entry exists in this round and is accepted by `go`. */
export function valid({ actions, round }: Ledger, index: number): boolean {
  return (
    actions.numbers[actions.columns.numbers * index + actionNumbers.round] === round &&
    actions.bytes[actions.columns.bytes * index + actionBytes.defect] === 0
  );
}

/** Returns the index of the output that an action leads to, if it exists in this round; otherwise -1. */
export function outputOf({ actions, outputs, round }: Ledger, index: number): number {
  const output = outputs.find(actions.bytes, actions.columns.bytes * index + actionBytes.output);
  if (output === -1) return -1;
  return outputs.numbers[outputs.columns.numbers * output + outputNumbers.round] === round ? output : -1;
}

/** Reports whether the recorded size equals that of the file. */
export function sizeAgrees({ actions, outputs }: Ledger, action: number, output: number): boolean {
  return (
    outputs.bytes[outputs.columns.bytes * output + outputBytes.type] !== entryTypes.unfinished &&
    actions.numbers[actions.columns.numbers * action + actionNumbers.size] ===
      outputs.numbers[outputs.columns.numbers * output + outputNumbers.size]
  );
}

/**
 * Reports whether an output is to be read again: between a quarter of a day and half a day after the last
 * time, depending on its subdirectory. A reading time in the future means that the clock was set back.
 */
function isDue({ outputs }: Ledger, output: number, nowMs: number): boolean {
  const turn = ((outputs.ids[idBytes * output] as number) / 256) * (rereadMs / 2);
  const before = outputs.numbers[outputs.columns.numbers * output + outputNumbers.verifiedAt] as number;
  return nowMs >= before + rereadMs / 2 + turn || before > nowMs + rereadMs / 2;
}

/** Returns the path of the file that holds an output. */
export function outputPath(cache: string, ledger: Ledger, output: number): string {
  const id = hexAt(ledger.outputs.ids, idBytes * output);
  const file = `${cache}/${id.slice(0, 2)}/${id}-d`;
  const executable =
    ledger.outputs.bytes[ledger.outputs.columns.bytes * output + outputBytes.type] === entryTypes.executable;
  return executable ? `${file}/${ledger.inner.get(id) ?? ''}` : file;
}

/** Returns the outputs that this round must read. */
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

/**
 * Reads outputs in batches and records the verdicts. Each thread has a further batch queued while it works.
 */
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
    return; // gone or changing: the next round reads it again
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
    // The kind of a damaged output says nothing, so it is recorded only for good ones.
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
  // A time in the future was recorded before the clock was set back; the true time is unknown.
  const since = before <= nowMs ? before : 0;
  if (since > 0 && nowMs - since >= againMs && atRest(stamp.mtimeMs, nowMs)) {
    setVerdict(verdicts.corrupt);
  } else {
    numbers[base + outputNumbers.suspectAt] = since > 0 ? since : nowMs;
    setVerdict(verdicts.suspect);
  }
}

/** Reports whether a file has been unchanged for a while; a time in the future counts as well. */
function atRest(mtimeMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - mtimeMs) >= restMs;
}

/** Returns the time, in ms, until every suspect output can be judged; undefined if there is none. */
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
