/**
 * Reverts a rollback or a try that was denied or not confirmed in time. Runs in the process that holds the
 * state directory: a command or the exporter.
 */
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { retryText } from '../../drift/retry-text.ts';
import type { TargetState } from '../../drift/state.ts';
import { randomHex } from '../../host/digest.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { openTraces } from '../../store/open-drifts.ts';
import type { Recorder } from '../../store/record-exemption.ts';
import type { RollbackTrace } from '../../undo/kept-plan.ts';
import { laidOutBy, staysText } from '../../undo/laid-out.ts';
import { type RollbackMemory, type Unconfirmed, unconfirmedIn } from '../../undo/memory.ts';
import { guardNewerChanges } from '../../undo/newer-changes.ts';
import type { RollbackPolicy } from '../../undo/policy.ts';
import { askGuards } from '../../undo/policy-guards.ts';
import { recordRefusal } from '../../undo/record-plan.ts';
import { controlRollbacks } from './controls.ts';
import type { RollbackResult } from './document.ts';
import { type Asking, notRecorded, type Place, performRollback, signatureOf } from './perform.ts';
import type { Prepared } from './prepare.ts';
import { situationOf } from './situation.ts';

/** The context of a revert. */
export interface TakingBack {
  readonly recorder: Recorder;
  readonly place: Place;
  readonly policy: RollbackPolicy;
  readonly states: readonly TargetState[];
  /** What is remembered of earlier rollbacks. */
  readonly memory: RollbackMemory;
  /** Finds the target by name and workspace; undefined where it is observed no more. */
  readonly targetOf: (one: Unconfirmed) => TargetSettings | undefined;
  /** Reports whether a missing target may only be hidden for now, for example by an unreadable directory. */
  readonly mayHide?: (one: Unconfirmed) => boolean;
  /** The person who denied it; undefined where the time ran out. */
  readonly denied?: { readonly who: string; readonly reason?: string };
}

/** The result of reverting one facet. */
export interface TakenBack {
  readonly target: string;
  readonly facet: Facet;
  /** `nothing`: the facet is already as it was before. */
  readonly result: Exclude<RollbackResult, 'dry_run'> | 'nothing';
  readonly why: string;
}

/** Describes the result in one line. */
export function backLine({ target, facet, result, why }: TakenBack): string {
  const how =
    result === 'applied' ? 'taken back' : result === 'nothing' ? 'as before' : `not taken back (${result})`;
  return `${facet} of ${target} is ${how}: ${why}`;
}

const lasting = { lasting: true } as const;

/**
 * The order in which facets are reverted. The toolchain shares files with the facets before it, which are
 * restored whole.
 */
const order: readonly Facet[] = ['env', 'modules', 'toolchain', 'cache'];

/**
 * Returns unconfirmed facets in the order in which they are reverted: those of one id, or all that are due at
 * a time.
 */
export function unconfirmedWith(
  memory: RollbackMemory,
  which: { readonly id: string } | { readonly dueAt: number },
): readonly Unconfirmed[] {
  return unconfirmedIn(memory)
    .filter(({ confirm }) => ('id' in which ? confirm.id === which.id : confirm.by <= which.dueAt))
    .toSorted((a, b) => order.indexOf(a.facet) - order.indexOf(b.facet));
}

/** Describes what of a target waits to be confirmed and how to decide it; undefined where nothing does. */
export function whyUnconfirmed(
  memory: RollbackMemory,
  { name, workspace }: Pick<TargetSettings, 'name' | 'workspace'>,
): string | undefined {
  const open = unconfirmedIn(memory).find((one) => one.target === name && one.workspace === workspace);
  if (open === undefined) return undefined;
  const { facet, confirm } = open;
  return `${facet} of ${name} waits to be confirmed: godrift confirm ${confirm.id} keeps it, godrift deny ${confirm.id} takes it back`;
}

function askingOf({ confirm: { id, trial } }: Unconfirmed, denied: TakingBack['denied']): Asking {
  const what = trial === undefined ? `rollback ${id}` : `what was tried (${id})`;
  const because = denied?.reason === undefined ? '' : `: ${denied.reason}`;
  return {
    who: denied?.who ?? 'godrift',
    // A try is its user's own affair, also when it is reverted: no alert asked for it, so it is recorded as
    // manual.
    mode: trial === undefined && denied === undefined ? 'auto' : 'manual',
    trigger: 'unconfirmed',
    reverts: id,
    reason: denied === undefined ? `${what} was not confirmed in time` : `${what} was denied${because}`,
  };
}

/** Returns the trace of a revert: that of the open drift, else that of the try. */
function traceOf({ recorder }: TakingBack, one: Unconfirmed): RollbackTrace {
  const { target: name, workspace, facet, confirm } = one;
  const open = openTraces(recorder.state.path, { name, workspace }, facet);
  if (open !== undefined) return open;
  const { trial } = confirm;
  return trial === undefined
    ? { traceId: randomHex(16) }
    : { traceId: trial.traceId, parentSpanId: trial.spanId };
}

async function refused(
  taking: TakingBack,
  one: Unconfirmed,
  why: string,
  options?: { readonly lasting: boolean },
): Promise<TakenBack> {
  const { target, workspace, facet } = one;
  const { recorder, place } = taking;
  const recording = {
    recorder,
    signature: await signatureOf(recorder, place),
    asked: askingOf(one, taking.denied),
    trace: traceOf(taking, one),
  };
  const recorded = await recordRefusal({ target, workspace, facet }, [why], recording, options);
  const rest =
    'problem' in recorded
      ? `; ${notRecorded(recorded)}`
      : recorded.retryAt === undefined
        ? ''
        : `; ${retryText(one.confirm.id, recorded.retryAt)}`;
  return { target, facet, result: 'refused', why: `${why}${rest}` };
}

/**
 * Restores the state before an unconfirmed rollback or try. Where there is nothing to restore, or restoring
 * would be wrong at any later time too, the journal records that and the wait ends. A temporary obstacle is
 * recorded too, and the revert is tried again later.
 */
export async function takeBack(taking: TakingBack, one: Unconfirmed): Promise<TakenBack> {
  const { recorder, place, policy, states, memory } = taking;
  const { target: name, facet, confirm } = one;
  const target = taking.targetOf(one);
  if (target === undefined)
    return taking.mayHide?.(one) === true
      ? await refused(taking, one, `cannot tell now whether ${name} is still observed`)
      : await refused(taking, one, `${name} is no longer observed: its files stay as they are`, lasting);
  const request = {
    target,
    stateDirectory: recorder.state.path,
    facet,
    to: confirm.replaced,
    ...(confirm.trial === undefined ? {} : { exact: true as const }),
  };
  const now = recorder.now();
  const situation = (prepared: Prepared) =>
    situationOf({ now, policy, memory, states, target, facet }, prepared);
  try {
    const done = await performRollback(recorder, request, askingOf(one, taking.denied), place, {
      trace: traceOf(taking, one),
      guard: (prepared) => askGuards(situation(prepared), { only: ['single-flight'] }),
      lasting: (prepared) => [
        ...guardNewerChanges(prepared.plan, prepared.kept?.record ?? {}),
        ...askGuards(situation(prepared), { only: ['floor'] }),
      ],
    });
    const stays = staysText(await laidOutBy(recorder, confirm.id));
    if (done.id === undefined && done.result === 'applied')
      return stays === undefined
        ? await nothingLeft(taking, one)
        : await refused(taking, one, stays, lasting);
    const { result, refusals, why: how = refusals.join('; '), retry_at: again } = done;
    const rest = again === undefined ? undefined : retryText(confirm.id, Date.parse(again));
    const why = [how, stays, rest].filter((part) => part !== undefined).join('; ');
    return { target: name, facet, result: result === 'dry_run' ? 'refused' : result, why };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return await refused(taking, one, error.message);
  }
}

async function nothingLeft(
  { recorder, memory }: TakingBack,
  { target, facet, confirm: { id } }: Unconfirmed,
): Promise<TakenBack> {
  const why = 'there is nothing to take back';
  const said = {
    action: 'confirm',
    id,
    who: 'godrift',
    reason: why,
    facets: [facet],
    unchanged: true,
  } as const;
  await controlRollbacks(recorder, said, memory);
  return { target, facet, result: 'nothing', why };
}
