/**
 * Rollback requests made by a program (an alert, a script) instead of a person. The drift is measured again,
 * planned and checked against every guard; then the rollback is refused, recorded as a dry run, kept for
 * approval or carried out, as the configuration says. Every outcome is a journal line, a span and a metric.
 */

import { AppError } from '../../catalog/errors.ts';
import { facetsWithRollback } from '../../catalog/facets.ts';
import { randomHex } from '../../host/digest.ts';
import { systemClock } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { openTraces } from '../../store/open-drifts.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import { type RollbackMemory, waitingAt } from '../../undo/memory.ts';
import { additionsOf } from '../../undo/policy.ts';
import { askGuards } from '../../undo/policy-guards.ts';
import { recordRefusal } from '../../undo/record-plan.ts';
import type { RequestDecision, RequestedRollback } from '../../undo/requested-rollback.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { type Asking, notRecorded, type Place, signatureOf } from '../rollback/perform.ts';
import { type Circumstances, situationOf } from '../rollback/situation.ts';
import type { Change } from './changes.ts';
import { type Exporter, stillStarts } from './exporter.ts';
import { performHere } from './perform-here.ts';

/** Decides on a rollback request, carries out the decision and returns it. */
export type Decide = (ask: RequestedRollback) => Promise<RequestDecision>;

/**
 * Creates the function that decides on requests. A refusal repeated for the same reasons is not journalled
 * again.
 */
export function askRollback(exporter: Exporter, change: Change, place: Place): Decide {
  const told = new Map<string, string>();
  return async (ask) => {
    const target = exporter.discovery?.targets().find(({ name }) => name === ask.target);
    if (target === undefined) return { decision: 'ignored', why: 'no such target is observed here' };
    if (!facetsWithRollback.includes(ask.facet))
      return { decision: 'ignored', why: `facet ${ask.facet} has no rollback` };
    const outcome = await change((recorder) => decide(exporter, recorder, { ask, target, place, told }));
    return outcome.ok ? outcome.value : { decision: 'refused', why: outcome.problem };
  };
}

interface Deciding {
  readonly ask: RequestedRollback;
  readonly target: TargetSettings;
  readonly place: Place;
  /** Target and facet → the request and the reasons that were journalled last. */
  readonly told: Map<string, string>;
}

/** The most refusals that are remembered, one for each target and facet; the oldest goes first. */
const mostTold = 10_000;

async function decide(
  exporter: Exporter,
  recorder: Recorder,
  deciding: Deciding,
): Promise<Outcome<RequestDecision>> {
  const { ask, target } = deciding;
  const memory = await exporter.parts?.rollbacks.catchUp();
  if (memory === undefined) return { ok: false, status: 503, problem: stillStarts };
  const now = systemClock();
  const waits = waitingAt(memory, now).find(
    (one) => one.target === target.name && one.workspace === target.workspace && one.facet === ask.facet,
  );
  if (waits !== undefined) {
    const why = `rollback ${waits.id} already waits for approval`;
    return { ok: true, value: { decision: 'duplicate', why, rollback: waits.id } };
  }
  const circumstances = circumstancesOf(exporter, memory, deciding, now);
  // Guards that need no plan come first, so that a repeated request costs no measurement. `carryOut` asks all
  // again with the plan.
  const reasons = askGuards(situationOf(circumstances));
  const { mode } = circumstances.policy;
  if (mode === 'off' || isTold(deciding, reasons)) return await refuse(recorder, deciding, reasons);
  try {
    return { ok: true, value: await carryOut(exporter, recorder, deciding, circumstances) };
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return await refuse(recorder, deciding, [...reasons, `readable: ${error.message}`]);
  }
}

function circumstancesOf(
  exporter: Exporter,
  memory: RollbackMemory,
  { ask, target }: Deciding,
  now: number,
): Circumstances {
  const { facet, key, since } = ask;
  return {
    now,
    policy: exporter.settings.rollback,
    memory,
    states: exporter.loop?.current().states() ?? [],
    target,
    facet,
    key,
    ...(since === undefined ? {} : { since }),
  };
}

const placeOf = ({ ask, target }: Deciding) => `${target.name}\0${target.workspace}\0${ask.facet}`;
const textOf = ({ ask }: Deciding, reasons: readonly string[]) => JSON.stringify([ask.key, reasons]);

/** Reports whether the last journalled refusal of this request had exactly these reasons. */
const isTold = (deciding: Deciding, reasons: readonly string[]) =>
  reasons.length > 0 && deciding.told.get(placeOf(deciding)) === textOf(deciding, reasons);

function noteTold(deciding: Deciding, reasons: readonly string[]): void {
  const { told } = deciding;
  told.delete(placeOf(deciding));
  told.set(placeOf(deciding), textOf(deciding, reasons));
  for (const oldest of [...told.keys()].slice(0, -mostTold)) told.delete(oldest);
}

const refused = (reasons: readonly string[], id?: string): RequestDecision => ({
  decision: 'refused',
  why: reasons.join('; '),
  ...(id === undefined ? {} : { rollback: id }),
});

/** Describes the requester as the journal records it. */
const askingOf = ({ who, trigger, reason, key, link }: RequestedRollback, mode: Asking['mode']): Asking => ({
  who,
  mode,
  trigger,
  key,
  ...(reason === undefined ? {} : { reason }),
  ...(link === undefined ? {} : { link }),
});

/** Refuses a request without planning it, and journals the refusal unless the last one was the same. */
async function refuse(
  recorder: Recorder,
  deciding: Deciding,
  reasons: readonly string[],
): Promise<Outcome<RequestDecision>> {
  const { ask, target, place } = deciding;
  if (isTold(deciding, reasons)) return { ok: true, value: refused(reasons) };
  const { name, workspace } = target;
  const recorded = await recordRefusal({ target: name, workspace, facet: ask.facet }, reasons, {
    recorder,
    signature: await signatureOf(recorder, place),
    asked: askingOf(ask, 'auto'),
    trace: openTraces(recorder.state.path, target, ask.facet) ?? { traceId: randomHex(16) },
  });
  // Not noted as journalled, so that the next alert tries to record the refusal again.
  if ('problem' in recorded) return { ok: true, value: refused([...reasons, notRecorded(recorded)]) };
  noteTold(deciding, reasons);
  return { ok: true, value: refused(reasons, recorded.id) };
}

/** Measures the target, plans, checks all guards against the plan and acts as the rollback mode says. */
async function carryOut(
  exporter: Exporter,
  recorder: Recorder,
  deciding: Deciding,
  circumstances: Circumstances,
): Promise<RequestDecision> {
  const { ask, target, place } = deciding;
  const { policy, facet } = circumstances;
  const mode = policy.mode === 'off' ? 'dry-run' : policy.mode;
  const request = {
    target,
    stateDirectory: recorder.state.path,
    facet,
    ...additionsOf(policy),
  };
  const { confirmWithinMs } = target;
  let reasons: readonly string[] = [];
  const done = await performHere(exporter, recorder, request, askingOf(ask, mode), place, {
    guard: (prepared) => {
      reasons = askGuards(situationOf({ ...circumstances, now: systemClock() }, prepared));
      return reasons;
    },
    ...(mode === 'approve' ? { waitMs: policy.approvalExpiryMs } : {}),
    ...(confirmWithinMs === undefined ? {} : { confirmWithinMs }),
  });
  if (done.result === 'refused' && reasons.length === done.refusals.length) noteTold(deciding, reasons);
  return decisionOf(done, mode);
}

function decisionOf({ result, id, refusals, why, left, facet }: PlanDocument, mode: string): RequestDecision {
  if (result === 'refused') return refused(refusals, id);
  if (id === undefined) {
    const rest = left[0] === undefined ? '' : `, apart from ${left[0].key}, which a rollback cannot restore`;
    return { decision: 'ignored', why: `${facet} matches the accepted baseline${rest}` };
  }
  const words = {
    'dry-run': 'recorded as a dry run: nothing was changed',
    approve: `waits for approval: godrift approve ${id}`,
  }[mode];
  return { decision: 'accepted', why: words ?? why ?? result, rollback: id };
}
