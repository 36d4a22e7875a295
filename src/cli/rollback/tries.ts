/** The two lines of a try, written by whoever holds the state directory: a command that is alone with it, or the exporter (decision 0109). */
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

/** A day: what is tried for longer is no try. */
const longestTryMs = 86_400_000;

const digest = z.string().regex(/^[0-9a-f]{64}$/);
const ms = z.int().nonnegative();

const beginBody = z.strictObject({
  target: z.string().min(1).max(255),
  workspace: z.string().max(4096),
  /** The record of what stands there (store/approved). */
  record: digest,
  command: z.string().min(1).max(4096),
  /** How long the command may take, ms: whatever it left comes back afterwards where its end is never told. */
  limit_ms: ms.max(longestTryMs),
  who: z.string().min(1).max(100).default('admin socket'),
  reason: z.string().max(4096).exactOptional(),
});

const endBody = z.strictObject({
  /** When it began, ms since the epoch. */
  start: ms,
  /** The record of the names that changed, as they were; absent where none did. */
  record: digest.exactOptional(),
  confirm_ms: ms.max(longestTryMs),
  command: z.string().min(1).max(4096),
  /** Why the command failed; absent where it did not. */
  failed: z.string().max(1000).exactOptional(),
  who: z.string().min(1).max(100).default('admin socket'),
});

/** What a try is called by. */
export interface Begun {
  readonly id: string;
}
/** What became of it. */
export interface Ended {
  readonly id: string;
  readonly result: (typeof tryResults)[number];
  readonly facets: readonly Facet[];
  /** When it comes back, ms since the epoch; absent where nothing changed. */
  readonly confirm_by?: number;
}

/** The facet with which a name of a role goes back. */
function facetOf(role: ApprovedRole): Facet {
  if (isSettingsRole(role)) return 'env';
  return role === 'toolchain-link' ? 'toolchain' : 'modules';
}

const ofRecord = ({ entries }: ApprovedRecord) => ({
  facets: facets.filter((facet) => entries.some(({ role }) => facetOf(role) === facet)),
  files: [...new Set(entries.map(({ path }) => path))].slice(0, journalled),
});

/** The record of a try, or why it is none. */
function recordOf(
  { state }: Recorder,
  target: TargetName,
  record: string,
): ApprovedRecord | { readonly problem: string } {
  try {
    const read = readApproved(state.path, target, record);
    return read.replaced === true ? read : { problem: 'the record is of an acceptance' };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return { problem: error.why };
  }
}

/** Why nothing may be tried now: what is unconfirmed already would be mixed up with it, and what holds for rollbacks of people. */
function whyNot(memory: RollbackMemory, { target, ...around }: Omit<Circumstances, 'facet' | 'memory'>) {
  const open = whyUnconfirmed(memory, target);
  if (open !== undefined) return open;
  const reasons = askGuards(situationOf({ ...around, target, memory, facet: 'env' }), { byPerson: true });
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

/** Writes the line that begins a try; from then on what stood there comes back unless that is confirmed. */
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
    why: `${command} is tried: ${kept.entries.length} names are kept`,
    ...{ start, end: start, resource, version, trace_id: randomHex(16), span_id: randomHex(8) },
  };
  const told = await appendJournal(recorder.journal, event);
  return told.ok ? { ok: true, value: { id } } : refuse(503, told.problem);
}

function endText(id: string, command: string, failed: string | undefined, files: readonly string[]): string {
  const [first, ...more] = files;
  const what =
    first === undefined ? 'nothing that is kept' : more.length === 0 ? first : `${files.length} files`;
  if (failed === undefined)
    return `${command} changed ${what}${first === undefined ? '' : `, which waits to be confirmed: godrift confirm ${id}`}`;
  return `${command} failed (${failed}), and changed ${what}${first === undefined ? '' : ', which is taken back'}`;
}

/** Prunes records after a try; where nobody can tell which are needed, all stay. */
async function pruneTried(recorder: Recorder, target: TargetName, dropped: string): Promise<void> {
  try {
    const { accepted } = readTargetBaselines(recorder.state.path, target);
    await pruneRecords(recorder, target, accepted?.record, dropped);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    recorder.report(error.message);
  }
}

/** Writes the line that ends a try. What a command changed that failed is due at once. */
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
  // What changed has a record of its own by now; that of all names is of no use any more.
  await pruneTried(recorder, { name, workspace }, confirm.replaced);
  return { ok: true, value: { id, result, facets: changed, ...by } };
}
