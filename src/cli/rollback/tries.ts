/**
 * Writes the two journal lines of a try (`godrift try`), in the process that holds the state directory: a
 * command or the exporter (decision 0109).
 */
import * as z from 'zod';
import { AppError } from '../../catalog/errors.ts';
import { type Facet, facets } from '../../catalog/facets.ts';
import type { TryEvent, tryResults } from '../../drift/try-event.ts';
import { randomHex } from '../../host/digest.ts';
import { readApproved } from '../../store/approved/approved.ts';
import { type ApprovedRecord, type ApprovedRole, isSettingsRole } from '../../store/approved/record.ts';
import { appendJournal } from '../../store/journal.ts';
import { readTargetBaselines, type TargetName } from '../../store/peek.ts';
import { explainRequest, type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import type { RollbackMemory } from '../../undo/memory.ts';
import { pruneRecords } from '../../undo/needed-records.ts';
import { askGuards } from '../../undo/policy-guards.ts';
import { journalled } from '../../undo/run.ts';
import { type Place, signatureOf } from './perform.ts';
import { type Circumstances, situationOf } from './situation.ts';
import { unconfirmedWith, whyUnconfirmed } from './take-back.ts';

/** Longest time limit of a try: one day. */
const longestTryMs = 86_400_000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const ms = z.int().nonnegative();

const beginBody = z.strictObject({
  target: z.string().min(1).max(255),
  workspace: z.string().max(4096),
  /** The record of the state before the command (store/approved). */
  record: digest,
  command: z.string().min(1).max(4096),
  /** Time limit of the command, ms. If its end is never recorded, its changes are reverted after that. */
  limit_ms: ms.max(longestTryMs),
  who: z.string().min(1).max(100).default('admin socket'),
  reason: z.string().max(4096).exactOptional(),
});

const endBody = z.strictObject({
  /** Start of the command, ms since the epoch. */
  start: ms,
  /** The record of the changed files, as they were before; absent where none changed. */
  record: digest.exactOptional(),
  confirm_ms: ms.max(longestTryMs),
  command: z.string().min(1).max(4096),
  /** Why the command failed; absent if it succeeded. */
  failed: z.string().max(1000).exactOptional(),
  who: z.string().min(1).max(100).default('admin socket'),
});

/** The id of a try that has begun. */
export interface Begun {
  readonly id: string;
}
/** The result of a try. */
export interface Ended {
  readonly id: string;
  readonly result: (typeof tryResults)[number];
  readonly facets: readonly Facet[];
  /**
   * When its changes are reverted unless they are confirmed, ms since the epoch; absent where nothing
   * changed.
   */
  readonly confirm_by?: number;
}

/** Returns the facet whose rollback restores files of a role. */
function facetOf(role: ApprovedRole): Facet {
  if (isSettingsRole(role)) return 'env';
  return role === 'toolchain-link' ? 'toolchain' : 'modules';
}

const ofRecord = ({ entries }: ApprovedRecord) => ({
  facets: facets.filter((facet) => entries.some(({ role }) => facetOf(role) === facet)),
  files: [...new Set(entries.map(({ path }) => path))].slice(0, journalled),
});

/** Reads the record of a try, or returns why it cannot be one. */
function recordOf(
  { state }: Recorder,
  target: TargetName,
  record: string,
): ApprovedRecord | { readonly problem: string } {
  try {
    const read = readApproved(state.path, target, record);
    return read.replaced === true
      ? read
      : { problem: 'the record is an accepted baseline, not the state before a try' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { problem: error.why };
  }
}

/**
 * Returns why no try may begin now: an earlier change still waits to be confirmed and the two would be mixed
 * up, or a guard of rollbacks by people refuses.
 */
function whyNot(memory: RollbackMemory, { target, ...around }: Omit<Circumstances, 'facet' | 'memory'>) {
  const open = whyUnconfirmed(memory, target);
  if (open !== undefined) return open;
  const reasons = askGuards(situationOf({ ...around, target, memory, facet: 'env' }), { byPerson: true });
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

/**
 * Writes the journal line that begins a try. From then on its changes are reverted unless they are confirmed.
 */
export async function beginTry(
  recorder: Recorder,
  body: unknown,
  memory: RollbackMemory,
  around: Pick<Circumstances, 'policy' | 'states'>,
  place: Pick<Place, 'env'>,
): Promise<Outcome<Begun>> {
  const parsed = beginBody.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const { target: name, workspace, record, command, limit_ms: limit, who, reason } = parsed.data;
  const target = { name, workspace };
  const start = recorder.now();
  const against = whyNot(memory, { ...around, target, now: start });
  if (against !== undefined) return refuse(400, against);
  const kept = recordOf(recorder, target, record);
  if ('problem' in kept) return refuse(400, kept.problem);
  const { resource, version } = await signatureOf(recorder, place);
  const id = randomHex(8);
  const event: TryEvent = {
    ...{ type: 'try', phase: 'begun', id, target: name, workspace, ...ofRecord(kept), who, command },
    ...(reason === undefined ? {} : { reason }),
    replaced: record,
    confirm_by: start + limit,
    why: `${command} is tried: ${kept.entries.length} files are saved`,
    ...{ start, end: start, resource, version, trace_id: randomHex(16), span_id: randomHex(8) },
  };
  const told = await appendJournal(recorder.journal, event);
  return told.ok ? { ok: true, value: { id } } : refuse(503, told.problem);
}

function endText(id: string, command: string, failed: string | undefined, files: readonly string[]): string {
  const [first, ...more] = files;
  const what =
    first === undefined ? 'none of the saved files' : more.length === 0 ? first : `${files.length} files`;
  if (failed === undefined)
    return `${command} changed ${what}${first === undefined ? '' : `, which waits to be confirmed: godrift confirm ${id}`}`;
  return `${command} failed (${failed}), and changed ${what}${first === undefined ? '' : ', which is taken back'}`;
}

/** Prunes records after a try. If the needed records cannot be determined, all are kept. */
async function pruneTried(recorder: Recorder, target: TargetName, dropped: string): Promise<void> {
  try {
    const { accepted } = readTargetBaselines(recorder.state.path, target);
    await pruneRecords(recorder, target, accepted?.record, dropped);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    recorder.report(error.message);
  }
}

/** Writes the journal line that ends a try. The changes of a failed command are reverted at once. */
export async function endTry(
  recorder: Recorder,
  id: string,
  body: unknown,
  memory: RollbackMemory,
  place: Pick<Place, 'env'>,
): Promise<Outcome<Ended>> {
  const parsed = endBody.safeParse(body);
  if (!parsed.success) return refuse(400, explainRequest(parsed.error));
  const [open] = unconfirmedWith(memory, { id });
  const trial = open?.confirm.trial;
  if (open === undefined || trial?.isRunning !== true) return refuse(404, 'no such try is under way');
  const { target: name, workspace, confirm } = open;
  const { start, record, confirm_ms: within, command, failed, who } = parsed.data;
  const kept = record === undefined ? undefined : recordOf(recorder, { name, workspace }, record);
  if (kept !== undefined && 'problem' in kept) return refuse(400, kept.problem);
  const { facets: changed, files } = kept === undefined ? { facets: [], files: [] } : ofRecord(kept);
  const result = failed !== undefined ? 'failed' : kept === undefined ? 'unchanged' : 'changed';
  const end = recorder.now();
  const by = kept === undefined ? {} : { confirm_by: failed === undefined ? end + within : end };
  const { resource, version } = await signatureOf(recorder, place);
  const event: TryEvent = {
    ...{ type: 'try', phase: 'ended', id, target: name, workspace, facets: changed, who, command, files },
    ...{ replaced: record ?? confirm.replaced, ...by, result },
    why: endText(id, command, failed, files),
    ...{ start, end, resource, version, trace_id: trial.traceId, span_id: trial.spanId },
  };
  const told = await appendJournal(recorder.journal, event);
  if (!told.ok) return refuse(503, told.problem);
  // The changed files now have a record of their own, so the record of all files is no longer needed.
  await pruneTried(recorder, { name, workspace }, confirm.replaced);
  return { ok: true, value: { id, result, facets: changed, ...by } };
}
