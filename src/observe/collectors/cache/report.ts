/** The third part of an audit round: the report on the state of the ledger. */
import type {
  CacheContent,
  CacheEntryKind,
  CorruptOutput,
  OutputFacts,
  ReboundAction,
} from '../../../drift/facets/cache.ts';
import { cacheEntryKinds } from '../../../drift/facets/cache.ts';
import { buildIdBytes } from '../../../go/build-id.ts';
import { cacheFileName } from '../../../go/cache-action.ts';
import { outputKinds } from '../../../go/cache-object.ts';
import { entryTypes } from '../../../host/cache-folder.ts';
import type { WorkerPool } from '../../pool/worker-pool.ts';
import { idBytes } from './id-table.ts';
import {
  actionBytes,
  actionNumbers,
  hexAt,
  type Ledger,
  outputBytes,
  outputNumbers,
  rewrittenMark,
  verdicts,
} from './ledger.ts';
import type { Survey } from './scan.ts';
import { outputOf, outputPath, restMs, sizeAgrees, valid } from './verify.ts';

/** Most findings listed one by one; the counts are complete. */
const mostReported = 20;
const mostActionsReported = 5;

interface Rebound {
  readonly action: number;
  readonly output: number;
  readonly proof: ReboundAction['proof'];
}

interface Tally {
  readonly entries: Record<CacheEntryKind, number>;
  outputs: number;
  verified: number;
  unreadable: number;
  oversized: number;
  oldest: number;
  readonly corrupt: number[];
  /** Directories of executables referenced by an action but without exactly one file. */
  readonly unfinished: number[];
}

/** Reports whether the build id of an output names another action than the one that leads to it. */
function madeByAnother({ actions, outputs }: Ledger, action: number, output: number): boolean {
  const start = outputs.columns.bytes * output;
  if (outputs.bytes[start + outputBytes.made] === 0) return false;
  for (let byte = 0; byte < buildIdBytes; byte++) {
    if (outputs.bytes[start + outputBytes.madeBy + byte] !== actions.ids[idBytes * action + byte])
      return true;
  }
  return false;
}

/**
 * Returns the proof that an action leads to an output of another action; undefined if there is none. The
 * output must match its name.
 */
function reboundProof(ledger: Ledger, action: number, output: number): Rebound['proof'] | undefined {
  const { actions, outputs } = ledger;
  const start = outputs.columns.bytes * output;
  if (outputs.bytes[start + outputBytes.verdict] !== verdicts.good) return undefined;
  if (madeByAnother(ledger, action, output)) return 'build-id';
  if (outputs.bytes[start + outputBytes.mixed] === 1) return 'release';
  const marks = actions.bytes[actions.columns.bytes * action + actionBytes.marks] as number;
  const pure = outputs.bytes[start + outputBytes.pure] === 1;
  return (marks & rewrittenMark) !== 0 && pure ? 'rewritten' : undefined;
}

/**
 * Reports whether an output is a directory at rest that does not contain the single file that `go` requires.
 */
function isUnfinished({ outputs }: Ledger, output: number, nowMs: number): boolean {
  const mtimeMs = outputs.numbers[outputs.columns.numbers * output + outputNumbers.mtimeMs] as number;
  return (
    outputs.bytes[outputs.columns.bytes * output + outputBytes.type] === entryTypes.unfinished &&
    Math.abs(nowMs - mtimeMs) >= restMs
  );
}

function walkActions(
  ledger: Ledger,
  tally: Tally,
  nowMs: number,
): { readonly led: Uint8Array; readonly rebound: Rebound[] } {
  const { actions, outputs, round } = ledger;
  const led = new Uint8Array(outputs.count);
  const rebound: Rebound[] = [];
  for (let action = 0; action < actions.count; action++) {
    if (actions.numbers[actions.columns.numbers * action + actionNumbers.round] !== round) continue;
    if (!valid(ledger, action)) {
      tally.entries.malformed++;
      continue;
    }
    const output = outputOf(ledger, action);
    const leads = output !== -1 && sizeAgrees(ledger, action, output);
    tally.entries[leads ? 'action' : 'dangling']++;
    if (output === -1) continue;
    if (isUnfinished(ledger, output, nowMs)) tally.unfinished.push(output);
    if (leads) led[output] = 1;
    const proof = reboundProof(ledger, action, output);
    if (proof !== undefined) rebound.push({ action, output, proof });
  }
  return { led, rebound };
}

function walkOutputs({ outputs, round }: Ledger, led: Uint8Array, tally: Tally): void {
  for (let output = 0; output < outputs.count; output++) {
    const base = outputs.columns.numbers * output;
    if (outputs.numbers[base + outputNumbers.round] !== round) continue;
    const start = outputs.columns.bytes * output;
    if (led[output] === 0) {
      tally.entries.orphan++;
      continue;
    }
    tally.entries[outputKinds[outputs.bytes[start + outputBytes.kind] as number] ?? 'other']++;
    tally.outputs++;
    const verdict = outputs.bytes[start + outputBytes.verdict];
    if (verdict === verdicts.unreadable) tally.unreadable++;
    if (verdict === verdicts.oversized) tally.oversized++;
    if (verdict === verdicts.corrupt) tally.corrupt.push(output);
    if (verdict !== verdicts.good && verdict !== verdicts.corrupt) continue;
    tally.verified++;
    tally.oldest = Math.min(tally.oldest, outputs.numbers[base + outputNumbers.verifiedAt] as number);
  }
}

async function factsOf(
  cache: string,
  ledger: Ledger,
  output: number,
  workerPool: WorkerPool,
): Promise<OutputFacts> {
  const { outputs } = ledger;
  const known =
    outputKinds[outputs.bytes[outputs.columns.bytes * output + outputBytes.kind] as number] ?? 'other';
  const seen = await workerPool.run('describe', { path: outputPath(cache, ledger, output) });
  return {
    output: hexAt(outputs.ids, idBytes * output),
    size: outputs.numbers[outputs.columns.numbers * output + outputNumbers.size] as number,
    kind: known === 'other' ? (seen?.kind ?? known) : known,
    ...(seen?.package === undefined ? {} : { package: seen.package }),
    ...(seen?.producer === undefined ? {} : { producer: seen.producer }),
    ...(seen?.mixedWith === undefined ? {} : { mixedWith: seen.mixedWith }),
  };
}

function actionsOf(ledger: Ledger, output: number, limit: number): readonly string[] {
  const found: string[] = [];
  const { actions } = ledger;
  for (let action = 0; action < actions.count && found.length < limit; action++) {
    if (valid(ledger, action) && outputOf(ledger, action) === output && sizeAgrees(ledger, action, output))
      found.push(hexAt(actions.ids, idBytes * action));
  }
  return found;
}

/** Sums up a round; with `all`, every finding is listed, as repairs require. */
export async function reportOn(
  cache: string,
  ledger: Ledger,
  survey: Survey,
  workerPool: WorkerPool,
  nowMs: number,
  all = false,
): Promise<CacheContent> {
  const tally: Tally = {
    entries: Object.fromEntries(cacheEntryKinds.map((kind) => [kind, 0])) as Record<CacheEntryKind, number>,
    outputs: 0,
    verified: 0,
    unreadable: 0,
    oversized: 0,
    oldest: Number.POSITIVE_INFINITY,
    corrupt: [],
    unfinished: [],
  };
  const { led, rebound } = walkActions(ledger, tally, nowMs);
  walkOutputs(ledger, led, tally);
  tally.entries.stranger = survey.strangers;
  tally.entries.fuzz = await workerPool.run('count', { directory: `${cache}/fuzz`, limit: 100_000 });
  const limit = all ? Number.POSITIVE_INFINITY : mostReported;
  const corrupt: CorruptOutput[] = [];
  for (const output of tally.corrupt.slice(0, limit)) {
    const actions = actionsOf(ledger, output, all ? limit : mostActionsReported);
    corrupt.push({ ...(await factsOf(cache, ledger, output, workerPool)), actions });
  }
  const reboundFacts: ReboundAction[] = [];
  for (const { action, output, proof } of rebound.slice(0, limit)) {
    const { actions } = ledger;
    reboundFacts.push({
      ...(await factsOf(cache, ledger, output, workerPool)),
      action: hexAt(actions.ids, idBytes * action),
      proof,
      ...(proof === 'rewritten'
        ? { recorded: hexAt(actions.bytes, actions.columns.bytes * action + actionBytes.recorded) }
        : {}),
    });
  }
  const unfinished = new Set(
    tally.unfinished.map((output) => cacheFileName(hexAt(ledger.outputs.ids, idBytes * output), 'd')),
  );
  const unreadable = tally.unreadable + survey.unlisted;
  return {
    auditedAt: nowMs,
    bytes: survey.bytes,
    entries: tally.entries,
    corruptCount: tally.corrupt.length + survey.irregularCount + unfinished.size,
    corrupt,
    irregular: [...survey.irregular, ...[...unfinished].map((file) => ({ file, what: 'directory' as const }))]
      .sort((a, b) => (a.file < b.file ? -1 : 1))
      .slice(0, limit),
    reboundCount: rebound.length,
    rebound: reboundFacts,
    foreignCount: survey.foreign,
    foreignUids: [...survey.foreignUids].sort((a, b) => a - b).slice(0, 8),
    ...(survey.foreignExample === undefined ? {} : { foreignExample: survey.foreignExample }),
    unreadable,
    oversized: tally.oversized,
    outputs: tally.outputs,
    verified: tally.verified,
    // A round reads everything unread; what remains changed meanwhile.
    ...(unreadable + tally.oversized > 0 ? {} : { fullySince: Math.min(nowMs, tally.oldest) }),
    losses: { ...ledger.losses },
  };
}
