/** Takes back what nobody confirmed, or somebody said no to: a rollback, or what a person tried. By whoever holds the state directory. */
import { AppError } from '../../catalog/errors.ts';
import type { Facet } from '../../catalog/facets.ts';
import { retryText } from '../../drift/retry-text.ts';
import type { TargetState } from '../../drift/state.ts';
import { randomHex } from '../../host/digest.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { openTraces } from '../../store/open-drifts.ts';
import type { Recorder } from '../../store/record-exemption.ts';
import { guardFollowed } from '../../undo/changed-since.ts';
import type { RollbackTrace } from '../../undo/kept-plan.ts';
import { laidOutBy, staysText } from '../../undo/laid-out.ts';
import { type RollbackMemory, type Unconfirmed, unconfirmedIn } from '../../undo/memory.ts';
import type { RollbackPolicy } from '../../undo/policy.ts';
import { askGuards } from '../../undo/policy-guards.ts';
import { recordRefusal } from '../../undo/record-plan.ts';
import { controlRollbacks } from './controls.ts';
import type { RollbackResult } from './document.ts';
import { type Asking, notRecorded, type Place, performRollback, signatureOf } from './perform.ts';
import type { Prepared } from './prepare.ts';
import { situationOf } from './situation.ts';

/** Where and by whom it is taken back. */
export interface TakingBack {
  readonly recorder: Recorder;
  readonly place: Place;
  readonly policy: RollbackPolicy;
  readonly states: readonly TargetState[];
  /** What is remembered now. */
  readonly memory: RollbackMemory;
  /** The target of a name and a workspace; undefined where it is observed no more. */
  readonly targetOf: (one: Unconfirmed) => TargetSettings | undefined;
  /** Whether such a target may only be hidden for now, as by a directory that cannot be read. */
  readonly mayHide?: (one: Unconfirmed) => boolean;
  /** Who says no; undefined where the time is over. */
  readonly denied?: { readonly who: string; readonly reason?: string };
}

/** What became of a facet. */
export interface TakenBack {
  readonly target: string;
  readonly facet: Facet;
  /** `nothing`: it is as it was before. */
  readonly result: Exclude<RollbackResult, 'dry_run'> | 'nothing';
  readonly why: string;
}

/** What became of it, in one line. */
export function backLine({ target, facet, result, why }: TakenBack): string {
  const how =
    result === 'applied' ? 'taken back' : result === 'nothing' ? 'as before' : `not taken back (${result})`;
  return `${facet} of ${target} is ${how}: ${why}`;
}

const lasting = { lasting: true } as const;

/** Facets in the order in which they are taken back: the toolchain shares files with those before it, which go back whole. */
const order: readonly Facet[] = ['env', 'modules', 'toolchain', 'cache'];

/** Unconfirmed facets in that order; those of an id, or all that are due at a moment. */
export function unconfirmedWith(
  memory: RollbackMemory,
  which: { readonly id: string } | { readonly dueAt: number },
): readonly Unconfirmed[] {
  return unconfirmedIn(memory)
    .filter(({ confirm }) => ('id' in which ? confirm.id === which.id : confirm.by <= which.dueAt))
    .toSorted((a, b) => order.indexOf(a.facet) - order.indexOf(b.facet));
}

/** What of a target waits to be confirmed, and what to do; undefined where nothing does. */
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
    // What a person tries is that person's affair also where it comes back: no alert made it, and none is held against it.
    mode: trial === undefined && denied === undefined ? 'auto' : 'manual',
    trigger: 'unconfirmed',
    reverts: id,
    reason: denied === undefined ? `${what} was not confirmed in time` : `${what} was denied${because}`,
  };
}

/** The trace that it belongs to: that of the drift which was made, else of the try. */
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
 * Puts back what stood there before. Where there is nothing to put back, or it would be wrong however long one waits, that is told and it waits no longer; what stands in the way
 * for now is told too, and it is tried again.
 */
export async function takeBack(taking: TakingBack, one: Unconfirmed): Promise<TakenBack> {
  const { recorder, place, policy, states, memory } = taking;
  const { target: name, facet, confirm } = one;
  const target = taking.targetOf(one);
  if (target === undefined)
    return taking.mayHide?.(one) === true
      ? await refused(taking, one, `whether ${name} is still observed cannot be told now`)
      : await refused(taking, one, `${name} is not observed any more: what stands there stays`, lasting);
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
        ...guardFollowed(prepared.plan, prepared.kept?.record ?? {}),
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
