/**
 * Looking at a target for a rollback, in a thread of its own: a plan is made of what is there now, and a rollback is verified by somebody who remembers
 * nothing of before. The loop of an exporter waits for neither.
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
import { newConflicts, preflight } from './preflight.ts';
import { approvedOf, differences, type Prepared, prepareRollback } from './prepare.ts';
import { prepareCache } from './prepare-cache.ts';
import type { Found, RollbackRequest } from './request.ts';

/** What it is told: plain data, for it crosses into a thread. */
export interface Observing {
  readonly request: RollbackRequest;
  /** The real go is asked to confirm what the files say; without it none is. */
  readonly confirmation?: Confirmation;
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
}

/** A plan, and what it was made of. */
export interface Planned {
  readonly prepared: Prepared;
  readonly found: Found;
}

/** A job of the thread: make a plan, look at the target again, or look at what steps were to change. */
export type ObservingJob = 'plan' | 'verify' | { readonly verify: readonly Step[] };
/** Its answer; what could not be looked at is an error for people, whose parts cross as data. */
export type ObservingAnswer =
  | { readonly found: Found; readonly prepared?: Prepared; readonly wrong?: string }
  | { readonly failed: { readonly what: string; readonly why: string; readonly todo: string } };

const silent = { write: () => true };
/** Where the target as a whole is not what is asked about. */
const nothingFound: Found = { differences: [], unreadable: [], findings: [] };

/** The plan, refused where the journal cannot be believed. */
async function believed(journal: JournalLook, prepared: Prepared): Promise<Prepared> {
  const why = prepared.plan.steps.length === 0 ? undefined : await journal.whyNotIntact();
  return why === undefined ? prepared : { ...prepared, refusals: [...prepared.refusals, why] };
}

/** What a cache is looked at for: the target as a whole says nothing of single entries. */
async function lookAtCache({ request }: Observing, job: ObservingJob): Promise<ObservingAnswer> {
  if (typeof job === 'string') {
    const journal = lookIntoJournal(request.stateDirectory, request.target);
    return { found: nothingFound, prepared: await believed(journal, await prepareCache(request)) };
  }
  const wrong = await verifySteps(job.verify);
  return { found: nothingFound, ...(wrong === undefined ? {} : { wrong }) };
}

/** Looks in this thread. */
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
    const record = await approvedOf(request, journal.named);
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
    // What stood there a moment ago comes back whatever becomes of it.
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

/** No look takes longer, ms; a build cache is read to its last byte. */
const withinMs = 5 * 60_000;
const cacheWithinMs = 60 * 60_000;

/** What a thread answers; one that hangs in a file system is left behind, for whoever asks next waits for this one. */
async function answerTo(setup: Observing, job: ObservingJob): Promise<ObservingAnswer> {
  const thread = startThread('rollback', { data: setup });
  if (thread === undefined) return await observeHere(setup, job);
  const { facet, trial } = setup.request;
  // A trial has a limit of its own, after which it is killed; this one is for what hangs.
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
  todo: 'see whether a file system hangs on which its files lie',
});

/** Looks, and makes the plan. Throws AppError where it could not look, or there is nothing to make a plan of. */
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

/** Looks again, and says why what is there now is not what was wanted; undefined where it is. */
export async function verifyNow(
  setup: Observing,
  { prepared, found: before }: Planned,
): Promise<string | undefined> {
  const { facet } = setup.request;
  if (facet === 'cache') return (await ask(setup, { verify: prepared.plan.steps })).wrong;
  const { found } = await ask(setup, 'verify');
  if (found.unreadable.includes(facet) && !before.unreadable.includes(facet))
    return `the facet ${facet} cannot be read any more`;
  const wrong = found.differences.find(({ key }) => prepared.wanted.includes(key));
  if (wrong !== undefined)
    return `${wrong.key} is ${wrong.actual ?? 'not set'}, and was ${wrong.expected ?? 'not set'}`;
  const still = found.findings.find((finding) => prepared.cured?.includes(findingId(finding)));
  if (still !== undefined) return `it is still so: ${still.summary}`;
  if ((found.disagreements ?? 0) > (before.disagreements ?? 0))
    return `go itself answers otherwise for ${found.disagreements} variables`;
  // What was replaced differs from the baseline: it is a drift again, and that is what was asked for.
  const known = [...before.findings, ...(prepared.kept?.record.conflicts ?? [])];
  const [worse] = newConflicts(found.findings, known);
  return worse === undefined ? undefined : `it brings a new conflict: ${worse.summary}`;
}
