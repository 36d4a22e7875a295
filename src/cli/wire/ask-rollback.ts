/**
 * Somebody who is no person asks for a rollback: the drift is measured again, planned, held against every guard, and then refused, recorded, kept for a person
 * or carried out, as the configuration says. Whatever becomes of it is a line of the journal, a span and a metric.
 */

import { AppError } from '../../catalog/errors.ts';
import { facetsWithRollback } from '../../catalog/facets.ts';
import { randomHex } from '../../host/digest.ts';
import { systemClock } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { openTraces } from '../../store/open-drifts.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import type { AskDecision, RollbackAsk } from '../../undo/ask.ts';
import { type RollbackMemory, waitingAt } from '../../undo/memory.ts';
import { additionsOf } from '../../undo/policy.ts';
import { askGuards } from '../../undo/policy-guards.ts';
import { recordRefusal } from '../../undo/record-plan.ts';
import type { PlanDocument } from '../rollback/document.ts';
import { type Asking, notRecorded, type Place, signatureOf } from '../rollback/perform.ts';
import { type Circumstances, situationOf } from '../rollback/situation.ts';
import type { Change } from './changes.ts';
import { type Exporter, stillStarts } from './exporter.ts';
import { performHere } from './perform-here.ts';

/** Answers an ask. */
export type Decide = (ask: RollbackAsk) => Promise<AskDecision>;

/** The decider of an exporter. What was refused for the same reasons already is not told the journal again. */
export function askRollback(exporter: Exporter, change: Change, place: Place): Decide {
  const told = new Map<string, string>();
  return async (ask) => {
    const target = exporter.discovery?.targets().find(({ name }) => name === ask.target);
    if (target === undefined) return { decision: 'ignored', why: 'no such target is observed here' };
    if (!facetsWithRollback.includes(ask.facet))
      return { decision: 'ignored', why: `nothing of ${ask.facet} can be rolled back` };
    const outcome = await change((recorder) => decide(exporter, recorder, { ask, target, place, told }));
    return outcome.ok ? outcome.value : { decision: 'refused', why: outcome.problem };
  };
}

interface Deciding {
  readonly ask: RollbackAsk;
  readonly target: TargetSettings;
  readonly place: Place;
  /** Target and facet → the ask and the reasons that were told last. */
  readonly told: Map<string, string>;
}

/** Remembered refusals; as many as targets with facets can be. */
const mostTold = 10_000;

async function decide(
  exporter: Exporter,
  recorder: Recorder,
  deciding: Deciding,
): Promise<Outcome<AskDecision>> {
  const { ask, target } = deciding;
  const memory = await exporter.parts?.rollbacks.catchUp();
  if (memory === undefined) return { ok: false, status: 503, problem: stillStarts };
  const now = systemClock();
  const waits = waitingAt(memory, now).find(
    (one) => one.target === target.name && one.workspace === target.workspace && one.facet === ask.facet,
  );
  if (waits !== undefined) {
    const why = `rollback ${waits.id} waits for an approval already`;
    return { ok: true, value: { decision: 'duplicate', why, rollback: waits.id } };
  }
  const circumstances = circumstancesOf(exporter, memory, deciding, now);
  // What must not be done at all is not looked at either: nobody makes a host work by asking. What it brings back is judged with the plan.
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

/** Whether just these reasons were told of just this ask. */
const isTold = (deciding: Deciding, reasons: readonly string[]) =>
  reasons.length > 0 && deciding.told.get(placeOf(deciding)) === textOf(deciding, reasons);

function noteTold(deciding: Deciding, reasons: readonly string[]): void {
  const { told } = deciding;
  told.delete(placeOf(deciding));
  told.set(placeOf(deciding), textOf(deciding, reasons));
  for (const oldest of [...told.keys()].slice(0, -mostTold)) told.delete(oldest);
}

const refused = (reasons: readonly string[], id?: string): AskDecision => ({
  decision: 'refused',
  why: reasons.join('; '),
  ...(id === undefined ? {} : { rollback: id }),
});

/** Who asked, as the journal has it. */
const askingOf = ({ who, trigger, reason, key, link }: RollbackAsk, mode: Asking['mode']): Asking => ({
  who,
  mode,
  trigger,
  key,
  ...(reason === undefined ? {} : { reason }),
  ...(link === undefined ? {} : { link }),
});

/** Refuses without a plan. */
async function refuse(
  recorder: Recorder,
  deciding: Deciding,
  reasons: readonly string[],
): Promise<Outcome<AskDecision>> {
  const { ask, target, place } = deciding;
  if (isTold(deciding, reasons)) return { ok: true, value: refused(reasons) };
  const { name, workspace } = target;
  const recorded = await recordRefusal({ target: name, workspace, facet: ask.facet }, reasons, {
    recorder,
    signature: await signatureOf(recorder, place),
    asked: askingOf(ask, 'auto'),
    trace: openTraces(recorder.state.path, target, ask.facet) ?? { traceId: randomHex(16) },
  });
  // The journal was not told: it is tried again for the next alert.
  if ('problem' in recorded) return { ok: true, value: refused([...reasons, notRecorded(recorded)]) };
  noteTold(deciding, reasons);
  return { ok: true, value: refused(reasons, recorded.id) };
}

/** Looks, plans, asks the guards of the plan as well, and does what the mode says. */
async function carryOut(
  exporter: Exporter,
  recorder: Recorder,
  deciding: Deciding,
  circumstances: Circumstances,
): Promise<AskDecision> {
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

function decisionOf({ result, id, refusals, why, left, facet }: PlanDocument, mode: string): AskDecision {
  if (result === 'refused') return refused(refusals, id);
  if (id === undefined) {
    const rest =
      left[0] === undefined
        ? ''
        : `, and what differs is nothing that a rollback can put back: ${left[0].key}`;
    return { decision: 'ignored', why: `${facet} is as it was accepted${rest}` };
  }
  const words = {
    'dry-run': 'recorded as a dry run: nothing was changed',
    approve: `it waits for an approval: godrift approve ${id}`,
  }[mode];
  return { decision: 'accepted', why: words ?? why ?? result, rollback: id };
}
