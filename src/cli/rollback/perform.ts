/**
 * Runs a rollback from request to answer, in the process that holds the state directory: a command or the
 * exporter.
 */
import * as z from 'zod';
import { facetsWithRollback } from '../../catalog/facets.ts';
import { randomHex } from '../../host/digest.ts';
import { systemClock } from '../../host/machine.ts';
import { writeApproved } from '../../store/approved/approved.ts';
import type { ApprovedEntry } from '../../store/approved/record.ts';
import { prepareGoFolders } from '../../store/go-folders.ts';
import { openTraces } from '../../store/open-drifts.ts';
import type { Recorder } from '../../store/record-exemption.ts';
import { openSecretKey } from '../../store/secret-key.ts';
import type { WriteResult } from '../../store/state-directory.ts';
import type { RequestOrigin as Asked, RollbackTrace } from '../../undo/kept-plan.ts';
import { pruneRecords } from '../../undo/needed-records.ts';
import type { Plan } from '../../undo/plan.ts';
import { recordDryRun, recordRefusal, recordWaiting } from '../../undo/record-plan.ts';
import { recoverRollbacks, runRollback, type Signature } from '../../undo/run.ts';
import { isEntryStep } from '../../undo/step.ts';
import { instanceResource } from '../instance.ts';
import { version } from '../version.ts';
import { recordPattern } from './approved-state.ts';
import { type PlanDocument, planDocument } from './document.ts';
import { type Observing, type Planned, planNow, verifyNow } from './observing.ts';
import type { Prepared } from './prepare.ts';
import type { RollbackRequest } from './request.ts';

/** A variable name that a settings file may hold. */
export const variableName = /^[A-Z][A-Z0-9_]{0,254}$/;

/** The body of a rollback request on the admin socket. */
export const rollbackBody = z.strictObject({
  target: z.string().min(1).max(255),
  workspace: z.string().max(4096),
  facet: z.enum(facetsWithRollback),
  names: z.array(z.string().regex(variableName)).min(1).max(100).exactOptional(),
  to: z.string().regex(recordPattern).exactOptional(),
  dry_run: z.boolean().default(false),
  /** Digest of the plan that the user saw. Any other plan is refused. */
  plan: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .exactOptional(),
  who: z.string().min(1).max(100).default('admin socket'),
  reason: z.string().max(4096).exactOptional(),
});

export type RollbackBody = z.infer<typeof rollbackBody>;

/** Who asks, in which mode, and for which plan. */
export interface Asking extends Asked {
  /** Digest of the plan that the user saw. */
  readonly shown?: string;
}

/** What applies to one rollback beyond the rules for all. */
export interface Rules {
  /** Returns further reasons to refuse a plan. */
  readonly guard?: (prepared: Prepared) => readonly string[];
  /** Returns reasons that will not go away by waiting. A revert that they refuse is not tried again. */
  readonly lasting?: (prepared: Prepared) => readonly string[];
  /** The id that it is already known by. */
  readonly id?: string;
  /** How long it may wait to be confirmed, ms. */
  readonly confirmWithinMs?: number;
  /** The trace that it belongs to; by default that of the drift. */
  readonly trace?: RollbackTrace;
  /** How long the plan waits for an approval, ms; undefined: it is applied at once. */
  readonly waitMs?: number;
}

/** The environment and the working directory of the process that performs the rollback. */
export interface Place {
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
}

/** Returns what journal lines of this state directory are signed with. */
export async function signatureOf(
  { state, report }: Recorder,
  { env }: Pick<Place, 'env'>,
): Promise<Signature> {
  const { key, problem } = await openSecretKey(state, systemClock());
  if (problem !== undefined) report(problem);
  return { resource: instanceResource(key, env), version, randomId: randomHex };
}

/** Recovers interrupted rollbacks. Returns one line for each that says what became of it. */
export async function recoverHere(recorder: Recorder, place: Pick<Place, 'env'>): Promise<readonly string[]> {
  const outcomes = await recoverRollbacks(recorder, () => signatureOf(recorder, place));
  return outcomes.map(({ target, why }) => `${target}: ${why}`);
}

/**
 * Plans without applying: returns the plan with every reason against it. Throws AppError if the target could
 * not be observed or nothing was approved.
 */
export async function planRequest(
  request: RollbackRequest,
  { env, cwd }: Place,
  rules: Pick<Rules, 'guard'>,
): Promise<PlanDocument> {
  const { prepared } = await planNow({ request, env, cwd });
  const shown = planDocument(prepared, 'dry_run');
  if (isNothing(shown)) return shown;
  const refusals = [...shown.refusals, ...(rules.guard?.(prepared) ?? [])];
  return { ...shown, refusals, result: refusals.length > 0 ? 'refused' : 'dry_run' };
}

/** Reports whether a plan has no steps and no refusals. */
export const isNothing = ({ steps, refusals }: PlanDocument): boolean =>
  steps.length === 0 && refusals.length === 0;

/** Refuses a plan that is not the one the user saw. */
function whyAnother({ plan, steps }: PlanDocument, { shown }: Asking): readonly string[] {
  return shown === undefined || shown === plan || steps.length === 0
    ? []
    : ['the files have changed since this plan was shown: look at the new plan'];
}

/**
 * Observes, plans, and then handles the plan as the mode says. Throws AppError if the target could not be
 * observed, nothing was approved, or nothing can be recorded. A document without an id means that the plan
 * had nothing to do.
 */
export async function performRollback(
  recorder: Recorder,
  request: RollbackRequest,
  asking: Asking,
  place: Place,
  rules: Rules = {},
): Promise<PlanDocument> {
  const goFolders = await prepareGoFolders(recorder.state);
  const setup: Observing = {
    request,
    env: place.env,
    cwd: place.cwd,
    ...(goFolders === undefined ? {} : { confirmation: goFolders }),
  };
  const planned = await planNow(setup);
  const shown = planDocument(planned.prepared, 'dry_run');
  if (isNothing(shown)) return { ...shown, result: 'applied' };
  const lasting = rules.lasting?.(planned.prepared) ?? [];
  const refusals = [
    ...shown.refusals,
    ...whyAnother(shown, asking),
    ...(rules.guard?.(planned.prepared) ?? []),
    ...lasting,
  ];
  const { shown: _, ...asked } = asking;
  const { id, confirmWithinMs } = rules;
  const run = {
    recorder,
    signature: await signatureOf(recorder, place),
    asked,
    trace: rules.trace ??
      openTraces(request.stateDirectory, request.target, request.facet) ?? { traceId: randomHex(16) },
    ...(id === undefined ? {} : { id }),
    ...(confirmWithinMs === undefined ? {} : { confirmWithinMs }),
  };
  if (refusals.length > 0) {
    const recorded = await recordRefusal(planned.prepared.plan, refusals, run, {
      lasting: lasting.length > 0,
    });
    if ('problem' in recorded)
      return { ...shown, refusals: [...refusals, notRecorded(recorded)], result: 'refused' };
    const { id: refusal, retryAt } = recorded;
    return {
      ...{ ...shown, refusals, result: 'refused', id: refusal },
      ...(retryAt === undefined ? {} : { retry_at: new Date(retryAt).toISOString() }),
    };
  }
  if (asking.mode === 'dry-run' || rules.waitMs !== undefined)
    return await keepPlan(planned.prepared, shown, run, rules.waitMs);
  const kept = await keepReplaced(recorder, setup, planned, asking.who);
  if (!kept.ok) return { ...shown, refusals: [kept.problem], result: 'refused' };
  return {
    ...(await carryOut(setup, planned, shown, { ...run, ...kept.value })),
    ...kept.value,
  };
}

/** The refusal of an action that the journal cannot record: nothing is done without a record. */
export const notRecorded = ({ problem }: { readonly problem: string }) =>
  `it cannot be recorded (${problem})`;

/** Records a plan that is not applied now. With `waitMs` it waits for an approval that long. */
async function keepPlan(
  { plan, kept }: Prepared,
  shown: PlanDocument,
  run: Parameters<typeof recordDryRun>[1],
  waitMs: number | undefined,
): Promise<PlanDocument> {
  const waiting = {
    shown: shown.plan,
    ...(kept === undefined ? {} : { record: kept.digest }),
    expires: run.recorder.now() + (waitMs ?? 0),
  };
  const recorded = await (waitMs === undefined ? recordDryRun(plan, run) : recordWaiting(plan, waiting, run));
  if ('problem' in recorded) return { ...shown, refusals: [notRecorded(recorded)], result: 'refused' };
  return { ...shown, id: recorded.id, trace_id: run.trace.traceId };
}

/**
 * Saves the state that a rollback is about to replace as a record that is marked as not approved, so that the
 * rollback itself can be undone.
 */
async function keepReplaced(
  recorder: Recorder,
  { request: { target } }: Observing,
  { prepared: { replaced, plan, kept } }: Planned,
  who: string,
): Promise<WriteResult<{ readonly replaced?: string }>> {
  if (replaced === undefined || kept === undefined) return { ok: true, value: {} };
  const { name, workspace } = target;
  const { entries, bytes, snapshot, fingerprint, time, conflicts } = replaced;
  const written = await writeApproved(
    recorder.state,
    target,
    {
      schema: 1,
      target: name,
      workspace,
      time,
      fingerprint,
      who,
      why: `before a rollback of ${plan.facet}`,
      replaced: true,
      entries: [...entries],
      followed: followedBy(plan),
      conflicts: [...conflicts],
    },
    snapshot,
    bytes,
  );
  if (!written.ok) return written;
  await pruneRecords(recorder, target, kept.digest);
  return { ok: true, value: { replaced: written.value } };
}

/** Returns the entries as the plan leaves them. */
const followedBy = ({ steps }: Plan): ApprovedEntry[] =>
  steps
    .filter(isEntryStep)
    .flatMap(({ role, path, directory, name, after: state }) =>
      state.kind === 'other' ? [] : [{ role, path, directory, name, state }],
    );

async function carryOut(
  setup: Observing,
  planned: Planned,
  shown: PlanDocument,
  run: Omit<Parameters<typeof runRollback>[1], 'before' | 'verify'>,
): Promise<PlanDocument> {
  const { plan, before } = planned.prepared;
  const ran = await runRollback(plan, { ...run, before, verify: () => verifyNow(setup, planned) });
  if ('refused' in ran) return { ...shown, refusals: [ran.refused], result: 'refused' };
  const { id, outcome } = ran;
  const { result, why, trace_id, confirm_by: by } = outcome;
  return {
    ...{ ...shown, result, id, why, trace_id },
    ...(by === undefined ? {} : { confirm_by: new Date(by).toISOString() }),
  };
}
