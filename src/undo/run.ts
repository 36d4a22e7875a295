/**
 * Runs a rollback between its intent and its outcome in the journal. The order makes a crash harmless: first
 * everything that reverting needs is on disk, then the intent is journalled, then files change, then the
 * outcome is journalled, then the kept files are deleted. The next process that opens the state directory
 * finds an interrupted rollback and reverts it.
 */
import type { Facet } from '../catalog/facets.ts';
import type { RollbackIntent, RollbackOutcome } from '../drift/events.ts';
import { retryText } from '../drift/retry-text.ts';
import { isSystemError } from '../host/errors.ts';
import { appendJournal, eventOf, journalDirectory, readJournal } from '../store/journal.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { dropRollback, type KeptRollback, keepRollback, keptRollbacks } from '../store/rollbacks.ts';
import { systemReason } from '../store/state-directory.ts';
import { type Execution, execute, type Ports, takeBack } from './execute.ts';
import {
  type KeptPlan,
  keptPlanOf,
  keptPlanSchema,
  type RequestOrigin,
  type RollbackTrace,
} from './kept-plan.ts';
import type { Plan } from './plan.ts';
import { nextRetry } from './retry.ts';
import type { Step } from './step.ts';
import { canTakeBack, kindOf } from './steps/kinds.ts';

/** Most file names in one journal line. */
export const journalled = 50;

/** Resource attributes, version and source of ids for the spans of an outcome. */
export interface Signature {
  readonly resource: Readonly<Record<string, string>>;
  readonly version: string;
  /** Returns this many random bytes in hex. */
  readonly randomId: (bytes: number) => string;
}

/** Input of {@link runRollback}. */
export interface Run {
  readonly recorder: Recorder;
  readonly signature: Signature;
  readonly asked: RequestOrigin;
  readonly trace: RollbackTrace;
  /** Contents of the files before the steps, by SHA-256. */
  readonly before: ReadonlyMap<string, Uint8Array>;
  readonly verify: Ports['verify'];
  /** Digest of the record of the state before the rollback; undefined where none is kept. */
  readonly replaced?: string;
  /** Id of a plan that waited for an approval. */
  readonly id?: string;
  /** Time to confirm the rollback, in ms; undefined where it needs no confirmation. */
  readonly confirmWithinMs?: number;
}

/** Outcome of a rollback as journalled, or why it was not begun. */
export type RunResult =
  | { readonly id: string; readonly outcome: RollbackOutcome }
  | { readonly refused: string };

/** Returns the fields that all journal lines of a rollback share. */
export const about = (
  id: string,
  { target, workspace, facet }: Pick<KeptPlan, 'target' | 'workspace' | 'facet'>,
  asked: RequestOrigin,
) => ({ operation: 'rollback', id, target, workspace, facets: [facet], ...asked }) as const;

/** Runs a plan without refusals and journals its intent and its outcome. */
export async function runRollback(plan: Plan, run: Run): Promise<RunResult> {
  const { recorder, signature, asked, trace, before, replaced } = run;
  const { state, journal, now } = recorder;
  const id = run.id ?? signature.randomId(8);
  const contents = new Map([...before, ...plan.contents]);
  const kept = await keepRollback(state, id, keptPlanOf(plan, asked, trace), contents);
  if (!kept.ok) {
    await dropRollback(state, id);
    return { refused: kept.problem };
  }
  const files = plan.steps.map((step) => step.path);
  const intent: RollbackIntent = {
    type: 'intent',
    ...about(id, plan, asked),
    plan: kept.value,
    ...(replaced === undefined ? {} : { replaced }),
    steps: plan.steps.length,
    files: files.slice(0, journalled),
    why: `rollback of ${plan.facet}: ${files.length === 1 ? files[0] : `${files.length} files`}`,
    trace_id: trace.traceId,
  };
  const told = await appendJournal(journal, intent);
  if (!told.ok) {
    await dropRollback(state, id);
    return { refused: told.problem };
  }
  const start = now();
  const parts = { now, bytes: (digest: string) => contents.get(digest) };
  const ended = await execute(plan.steps, id, { ...parts, verify: run.verify });
  const end = now();
  const outcome: RollbackOutcome = {
    ...(await outcomeOf(id, { ...plan, asked, trace }, ended, { start, end }, run)),
    ...(run.confirmWithinMs === undefined || replaced === undefined || ended.result !== 'applied'
      ? {}
      : { confirm_by: end + run.confirmWithinMs }),
  };
  const recorded = await appendJournal(journal, outcome);
  if (recorded.ok) {
    if (ended.result !== 'applied' || (await finish(plan.steps, id))) await dropRollback(state, id);
    return { id, outcome };
  }
  // A change that the journal cannot tell about is reverted. The stored plan stays, and the next start
  // journals the revert.
  return {
    refused: `the outcome cannot be recorded (${recorded.problem}), ${await unrecorded(plan, id, ended, parts)}`,
  };
}

/**
 * Deletes what completed steps kept for a revert. Returns false where that failed; the next start tries
 * again.
 */
async function finish(steps: readonly Step[], id: string): Promise<boolean> {
  try {
    for (const step of steps) await kindOf(step).finish?.(step, id);
    return true;
  } catch (error) {
    if (!isSystemError(error)) throw error;
    return false;
  }
}

async function unrecorded(
  { steps }: Plan,
  id: string,
  { result }: Execution,
  ports: Pick<Ports, 'now' | 'bytes'>,
): Promise<string> {
  if (!canTakeBack(steps)) return 'and what was removed stays removed';
  const left = result === 'applied' ? await takeBack(steps, id, ports, []) : undefined;
  return left === undefined ? 'so it was undone' : `and it could not be undone: ${left}`;
}

/** Returns the trace fields of a journal line. */
export const ofTrace = ({ traceId, parentSpanId }: RollbackTrace) => ({
  trace_id: traceId,
  ...(parentSpanId === undefined ? {} : { parent_span_id: parentSpanId }),
});

type About = Pick<KeptPlan, 'target' | 'workspace' | 'facet' | 'asked' | 'trace'>;

async function outcomeOf(
  id: string,
  plan: About,
  { result, parts, why }: Execution,
  times: { readonly start: number; readonly end: number },
  { recorder, signature: { resource, version, randomId } }: Pick<Run, 'recorder' | 'signature'>,
): Promise<RollbackOutcome> {
  const { reverts } = plan.asked;
  const again =
    reverts === undefined || result === 'applied'
      ? undefined
      : await nextRetry(recorder, reverts, plan.facet);
  const rest = reverts === undefined || again === undefined ? '' : `; ${retryText(reverts, again)}`;
  return {
    type: 'outcome',
    ...about(id, plan, plan.asked),
    result,
    parts: parts.slice(0, 2 * journalled),
    ...times,
    why: `rollback of ${plan.facet} ${result === 'applied' ? 'applied and verified' : result}: ${why}${rest}`,
    ...(again === undefined ? {} : { retry_at: again }),
    resource,
    version,
    ...ofTrace(plan.trace),
    span_id: randomId(8),
  };
}

/** What the journal says about the rollbacks whose stored plans are still there. */
interface JournalledRollbacks {
  /** Intents without an outcome. */
  readonly open: ReadonlyMap<string, RollbackIntent>;
  /** Ids of the applied rollbacks. */
  readonly applied: ReadonlySet<string>;
}

async function journalledRollbacks(
  directory: string,
  ids: ReadonlySet<string>,
): Promise<JournalledRollbacks> {
  const open = new Map<string, RollbackIntent>();
  const applied = new Set<string>();
  for await (const line of readJournal(directory)) {
    const event = eventOf(line);
    if ((event.type !== 'intent' && event.type !== 'outcome') || event.operation !== 'rollback') continue;
    if (event.type === 'intent') {
      if (ids.has(event.id)) open.set(event.id, event);
      continue;
    }
    open.delete(event.id);
    if (event.result === 'applied' && ids.has(event.id)) applied.add(event.id);
  }
  return { open, applied };
}

/**
 * Ends interrupted rollbacks and journals the outcomes, which it returns: reverts each, or finishes it where
 * its steps cannot be reverted. Must run right after the state directory was opened for writing, before
 * anything else changes the files that a rollback changes. A plan of a newer version, or one that cannot be
 * read now, is reported and left alone.
 */
export async function recoverRollbacks(
  recorder: Recorder,
  sign: () => Promise<Signature>,
): Promise<readonly RollbackOutcome[]> {
  const { state, journal, report } = recorder;
  const { kept, left } = keptRollbacks(state.path, keptPlanSchema);
  if (left !== undefined) report(left);
  if (kept.length === 0) return [];
  const signature = await sign();
  const told = await journalledRollbacks(
    journalDirectory(state.path),
    new Set(kept.map(({ id }) => id)),
  ).catch((error: unknown) => {
    if (!isSystemError(error)) throw error;
    report(`an interrupted rollback cannot be ended: the journal cannot be read (${systemReason(error)})`);
  });
  if (told === undefined) return [];
  const outcomes: RollbackOutcome[] = [];
  for (const one of kept) {
    if (one.left !== undefined) {
      report(one.left);
      continue;
    }
    const intent = told.open.get(one.id);
    if (intent !== undefined) {
      const outcome = await endInterrupted(one, intent, { recorder, signature });
      if (!(await appendJournal(journal, outcome)).ok) continue;
      outcomes.push(outcome);
    }
    if (!told.applied.has(one.id) || (await finish(one.plan?.steps ?? [], one.id)))
      await dropRollback(state, one.id);
  }
  return outcomes;
}

/** Returns the request fields of a journal line. */
function requestOriginOf({ who, mode, trigger, reason, key, reverts }: RequestOrigin): RequestOrigin {
  return {
    who,
    mode,
    trigger,
    ...(reason === undefined ? {} : { reason }),
    ...(key === undefined ? {} : { key }),
    ...(reverts === undefined ? {} : { reverts }),
  };
}

async function endInterrupted(
  { id, plan, digest, bytes }: KeptRollback<KeptPlan>,
  intent: RollbackIntent,
  signing: Pick<Run, 'recorder' | 'signature'>,
): Promise<RollbackOutcome> {
  const { now } = signing.recorder;
  const start = now();
  const ended =
    plan === undefined || digest !== intent.plan
      ? interrupted(`its stored plan is damaged: see ${intent.files.join(', ')}`, [], intent)
      : await endPlan(plan, id, intent, { now, bytes });
  const [facet] = intent.facets;
  const { target, workspace } = intent;
  const asked = requestOriginOf(intent);
  const trace = plan?.trace ?? { traceId: signing.signature.randomId(16) };
  return await outcomeOf(
    id,
    { target, workspace, asked, facet: facet as Facet, trace },
    ended,
    { start, end: now() },
    signing,
  );
}

/** Reverts an interrupted plan, or finishes it where its steps cannot be reverted. */
async function endPlan(
  plan: KeptPlan,
  id: string,
  intent: RollbackIntent,
  ports: Pick<Ports, 'now' | 'bytes'>,
): Promise<Execution> {
  const { steps } = plan;
  const parts: RollbackOutcome['parts'][number][] = [];
  // Since then others may have got write access, or the state directory may have moved to another host.
  const barred = steps.flatMap((step) => kindOf(step).unsafe(step, []))[0] ?? (await settle(plan, id));
  if (barred !== undefined || canTakeBack(steps))
    return interrupted(barred ?? (await takeBack(steps, id, ports, parts)), parts, intent);
  const ended = await execute(steps, id, { ...ports, verify: () => verifySteps(steps) });
  return { ...ended, why: `it was interrupted and has been finished: ${ended.why}` };
}

function interrupted(
  left: string | undefined,
  parts: Execution['parts'],
  { replaced }: RollbackIntent,
): Execution {
  if (left === undefined) return { result: 'undone', parts, why: 'it was interrupted' };
  const before =
    replaced === undefined
      ? ''
      : `; to restore the state before: godrift rollback --to ${replaced.slice(0, 12)}`;
  return { result: 'failed', parts, why: `it was interrupted, and could not be undone: ${left}${before}` };
}

/** Verifies the result of each step. Returns why the first one is not as planned, `undefined` if all are. */
export async function verifySteps(steps: readonly Step[]): Promise<string | undefined> {
  for (const step of steps) {
    const why = await kindOf(step).verify(step);
    if (why !== undefined) return `${step.path}: ${why}`;
  }
  return undefined;
}

/**
 * Cleans up after killed steps: removes their temporary files and restores names that were set aside. Returns
 * why that failed, `undefined` if it did not.
 */
async function settle({ steps }: KeptPlan, id: string): Promise<string | undefined> {
  for (const step of steps) {
    try {
      await kindOf(step).settle(step, id);
    } catch (error) {
      if (!isSystemError(error)) throw error;
      return `${step.path}: ${systemReason(error)}`;
    }
  }
  return undefined;
}
