/**
 * Writes the journal lines of plans that do not run now: refused, recorded as a dry run, or waiting for an
 * approval. Each becomes a span of the drift's trace.
 */
import type { ApprovalEvent, JournalEvent, RefusalEvent, RollbackOutcome } from '../drift/events.ts';
import { appendJournal } from '../store/journal.ts';
import type { KeptPlan, RequestOrigin } from './kept-plan.ts';
import type { Plan } from './plan.ts';
import { nextRetry } from './retry.ts';
import { about, journalled, ofTrace, type Run } from './run.ts';

/** Where a plan is recorded, and who requested it. */
export type Recording = Pick<Run, 'recorder' | 'signature' | 'trace' | 'id'> & {
  readonly asked: RequestOrigin;
};

type Named = Pick<KeptPlan, 'target' | 'workspace' | 'facet'>;

/** Returns the fields that these lines share. Start and end are equal: nothing here takes time. */
function common({ target, workspace, facet }: Named, recording: Recording, id: string) {
  const { recorder, signature, asked, trace } = recording;
  const at = recorder.now();
  return {
    ...about(id, { target, workspace, facet }, asked),
    start: at,
    end: at,
    resource: signature.resource,
    version: signature.version,
    ...ofTrace(trace),
    span_id: signature.randomId(8),
  };
}

/**
 * The id of the plan in the journal, or a one-line problem where the journal could not be written. `retryAt`:
 * when a refused revert is tried again, in ms since the epoch.
 */
export type RecordedPlan = { readonly id: string; readonly retryAt?: number } | { readonly problem: string };

async function write({ recorder }: Recording, event: JournalEvent, id: string): Promise<RecordedPlan> {
  const written = await appendJournal(recorder.journal, event);
  return written.ok ? { id } : { problem: written.problem };
}

const idOf = ({ id, signature }: Recording) => id ?? signature.randomId(8);

const filesOf = ({ steps }: Plan) => steps.map((step) => step.path);
const filesText = ({ facet }: Plan, [file, ...more]: readonly string[]) =>
  `rollback of ${facet} (${more.length === 0 ? file : `${more.length + 1} files`})`;

/**
 * Records that a plan was refused, with every reason. A refused revert is tried again, unless the reasons are
 * `lasting`: then the confirmation is dropped.
 */
export async function recordRefusal(
  plan: Named,
  refusals: readonly string[],
  recording: Recording,
  { lasting = false }: { readonly lasting?: boolean } = {},
): Promise<RecordedPlan> {
  const id = idOf(recording);
  const { reverts } = recording.asked;
  const retryAt =
    reverts === undefined || lasting ? undefined : await nextRetry(recording.recorder, reverts, plan.facet);
  const event: RefusalEvent = {
    type: 'refusal',
    ...common(plan, recording, id),
    refusals,
    ...(retryAt === undefined ? {} : { retry_at: retryAt }),
  };
  const recorded = await write(recording, event, id);
  return 'problem' in recorded || retryAt === undefined ? recorded : { ...recorded, retryAt };
}

/** Records a dry run: what would have been done. */
export function recordDryRun(plan: Plan, recording: Recording): Promise<RecordedPlan> {
  const id = idOf(recording);
  const line = common(plan, recording, id);
  const { start, end } = line;
  const event: RollbackOutcome = {
    type: 'outcome',
    ...line,
    result: 'dry_run',
    parts: [{ part: 'guard', start, end }],
    why: `${filesText(plan, filesOf(plan))} would be carried out: no guard refuses it`,
  };
  return write(recording, event, id);
}

/**
 * Records that a plan waits for an approval until `expires`, ms since the epoch. `shown` is the digest of its
 * steps.
 */
export function recordWaiting(
  plan: Plan,
  { shown, record, expires }: { readonly shown: string; readonly record?: string; readonly expires: number },
  recording: Recording,
): Promise<RecordedPlan> {
  const id = idOf(recording);
  const files = filesOf(plan);
  const event: ApprovalEvent = {
    type: 'approval',
    ...common(plan, recording, id),
    plan: shown,
    ...(record === undefined ? {} : { record }),
    steps: plan.steps.length,
    files: files.slice(0, journalled),
    expires,
    why: `${filesText(plan, files)} waits for an approval until ${new Date(expires).toISOString()}: godrift approve ${id}`,
  };
  return write(recording, event, id);
}
