/**
 * Observes a target for a rollback, in a thread of its own. A plan is made from the current state, and the
 * verification afterwards starts from scratch, without any memory of what was seen before. The exporter's
 * loop waits for neither.
 */
import { AppError } from '../../catalog/errors.ts';
import { findingId } from '../../drift/known-finding.ts';
import { startThread } from '../../host/threads.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import type { Confirmation } from '../../observe/collectors/env/env.ts';
import { type JournalLook, lookIntoJournal } from '../../store/approved/intact.ts';
import { verifySteps } from '../../undo/run.ts';
import type { Step } from '../../undo/step.ts';
import { inspect } from '../inspect.ts';
import type { Terminal } from '../terminal.ts';
import { readApprovedState } from './approved-state.ts';
import { newConflicts, preflight } from './preflight.ts';
import { differences, type Prepared, prepareRollback } from './prepare.ts';
import { prepareCache } from './prepare-cache.ts';
import type { Found, RollbackRequest } from './request.ts';

/** Input of the observing thread; plain data, because it crosses into the thread. */
export interface Observing {
  readonly request: RollbackRequest;
  /** With it, the real go is asked to confirm what the files say. */
  readonly confirmation?: Confirmation;
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
}

/** A plan, and the observation that it was made from. */
export interface Planned {
  readonly prepared: Prepared;
  readonly found: Found;
}

/** A job of the thread: make a plan, observe the target again, or check the outcome of these steps. */
export type ObservingJob = 'plan' | 'verify' | { readonly verify: readonly Step[] };
/** The answer of the thread. An AppError crosses as its parts. */
export type ObservingAnswer =
  | { readonly found: Found; readonly prepared?: Prepared; readonly wrong?: string }
  | { readonly failed: { readonly what: string; readonly why: string; readonly todo: string } };

const silent = { write: () => true };
/** For the build cache, where the target as a whole is not observed. */
const nothingFound: Found = { differences: [], unreadable: [], findings: [] };

/** Adds a refusal to a plan where the journal cannot be believed. */
async function believed(journal: JournalLook, prepared: Prepared): Promise<Prepared> {
  const why = prepared.plan.steps.length === 0 ? undefined : await journal.whyNotIntact();
  return why === undefined ? prepared : { ...prepared, refusals: [...prepared.refusals, why] };
}

/** Handles a job for the build cache, whose single entries no observation of the target holds. */
async function lookAtCache({ request }: Observing, job: ObservingJob): Promise<ObservingAnswer> {
  if (typeof job === 'string') {
    const journal = lookIntoJournal(request.stateDirectory, request.target);
    return { found: nothingFound, prepared: await believed(journal, await prepareCache(request)) };
  }
  const wrong = await verifySteps(job.verify);
  return { found: nothingFound, ...(wrong === undefined ? {} : { wrong }) };
}

/** Runs a job in the calling thread. */
export async function observeHere(setup: Observing, job: ObservingJob): Promise<ObservingAnswer> {
  const { request, confirmation, env, cwd } = setup;
  const terminal: Terminal = { env, cwd, stdout: silent, stderr: silent };
  try {
    if (request.facet === 'cache' || typeof job !== 'string') return await lookAtCache(setup, job);
    const looked = await inspect(terminal, undefined, {
      settings: request.target,
      stateDirectory: request.stateDirectory,
      ...(confirmation === undefined ? {} : { confirmation }),
    });
    const { state } = looked;
    const journal = lookIntoJournal(request.stateDirectory, request.target);
    const record = await readApprovedState(request, journal.named);
    const { entries: approved } = record;
    const found: Found = {
      differences: differences(looked, approved, request.facet),
      unreadable: Object.entries(state.facetStatus).flatMap(([facet, status]) =>
        status === 'unreadable' ? [facet] : [],
      ),
      findings: state.findings.map(({ kind, rule, level, summary }) => ({ kind, rule, level, summary })),
      ...(state.disagreements === undefined ? {} : { disagreements: state.disagreements }),
    };
    if (job === 'verify') return { found };
    const prepared = await prepareRollback(terminal, request, looked, record);
    // An exact revert restores what was there a moment ago, whether or not that builds.
    const reasons =
      request.exact === true ? [] : await preflight(terminal, request, prepared, { looked, approved });
    const whole = { ...prepared, refusals: [...prepared.refusals, ...reasons] };
    return { found, prepared: await believed(journal, whole) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const { what, why, todo } = error;
    return { failed: { what, why, todo } };
  }
}

async function ask(
  setup: Observing,
  job: ObservingJob,
): Promise<Exclude<ObservingAnswer, { failed: unknown }>> {
  const answer = await answerTo(setup, job);
  if (!('failed' in answer)) return answer;
  const { what, why, todo } = answer.failed;
  throw new AppError(what, why, todo);
}

/** Time limits of one observation, ms. The build cache gets more, because it is read to its last byte. */
const withinMs = 5 * 60_000;
const cacheWithinMs = 60 * 60_000;

/**
 * Runs a job in a fresh thread. A thread that hangs in a file system is abandoned, because later requests
 * queue behind this one.
 */
async function answerTo(setup: Observing, job: ObservingJob): Promise<ObservingAnswer> {
  const thread = startThread('rollback', { data: setup });
  if (thread === undefined) return await observeHere(setup, job);
  const { facet, trial } = setup.request;
  // A trial is killed at its own limit. This limit catches what hangs.
  const limit = facet === 'cache' ? cacheWithinMs : withinMs + (trial?.limitMs ?? 0);
  let cancel: Cancel = () => {};
  const late = new Promise<ObservingAnswer>((resolve) => {
    cancel = systemTimer(limit, () => resolve({ failed: noAnswer(limit) }));
  });
  try {
    return await Promise.race([thread.run<ObservingJob, ObservingAnswer>(job), late]);
  } finally {
    cancel();
    void thread.stop();
  }
}

const noAnswer = (limit: number) => ({
  what: 'cannot look at the Go environment',
  why: `there was no answer within ${limit / 1000} s`,
  todo: 'check whether a file system that holds its files hangs',
});

/**
 * Observes the target and makes the plan. Throws AppError if the target could not be observed or there is
 * nothing to make a plan from.
 */
export async function planNow(setup: Observing): Promise<Planned> {
  const { prepared, found } = await ask(setup, 'plan');
  if (prepared === undefined) throw new Error('the thread made no plan');
  const { target, facet, exact } = setup.request;
  if (exact !== true && found.unreadable.includes(facet))
    throw new AppError(
      `cannot roll ${target.name} back`,
      `the facet ${facet} could not be read`,
      'see godrift check, make it readable and try again',
    );
  return { prepared, found };
}

/**
 * Observes the target again after a rollback. Returns why the result is not what the plan promised; undefined
 * if it is.
 */
export async function verifyNow(
  setup: Observing,
  { prepared, found: before }: Planned,
): Promise<string | undefined> {
  const { facet } = setup.request;
  if (facet === 'cache') return (await ask(setup, { verify: prepared.plan.steps })).wrong;
  const { found } = await ask(setup, 'verify');
  if (found.unreadable.includes(facet) && !before.unreadable.includes(facet))
    return `the facet ${facet} can no longer be read`;
  const wrong = found.differences.find(({ key }) => prepared.wanted.includes(key));
  if (wrong !== undefined)
    return `${wrong.key} is ${wrong.actual ?? 'not set'}, and was ${wrong.expected ?? 'not set'}`;
  const still = found.findings.find((finding) => prepared.cured?.includes(findingId(finding)));
  if (still !== undefined) return `still not fixed: ${still.summary}`;
  if ((found.disagreements ?? 0) > (before.disagreements ?? 0))
    return `go reports other values for ${found.disagreements} variables`;
  // Restoring a replaced state (`--to`) brings its drift back; that is what was asked for.
  const known = [...before.findings, ...(prepared.kept?.record.conflicts ?? [])];
  const [worse] = newConflicts(found.findings, known);
  return worse === undefined ? undefined : `it brings a new conflict: ${worse.summary}`;
}
