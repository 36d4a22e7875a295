/**
 * Decisions of people about rollbacks (deny, confirm, pause, resume, release), written to the journal by the
 * process that holds the state directory: a command or the exporter.
 */
import { type Facet, facetsWithRollback } from '../../catalog/facets.ts';
import type { ControlEvent } from '../../drift/events.ts';
import { randomHex } from '../../host/digest.ts';
import { appendJournal } from '../../store/journal.ts';
import { openTraces } from '../../store/open-drifts.ts';
import { type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import {
  emptyMemory,
  type RollbackMemory,
  unconfirmedIn,
  type WaitingPlan,
  waitingAt,
} from '../../undo/memory.ts';
import { recordRefusal } from '../../undo/record-plan.ts';
import { type Place, signatureOf } from './perform.ts';

/** The answer for an id under which nothing waits to be confirmed. */
export const nothingToConfirm = refuse(404, 'no such rollback or try waits to be confirmed');

/** The person who decides, and the reason. */
interface Actor {
  readonly who: string;
  readonly reason?: string;
}

/** Returns the plan that waits for approval under an id, or the reason why none does. */
export function waitingOf(
  memory: RollbackMemory,
  id: string,
  now: number,
): WaitingPlan | { readonly problem: string } {
  const found = memory.waiting.find((one) => one.id === id);
  if (found === undefined) return { problem: 'no such rollback waits for an approval' };
  if (waitingAt(memory, now).includes(found)) return found;
  return { problem: `the approval expired at ${new Date(found.expires).toISOString()}` };
}

/** Denies a plan that waits for approval. The journal records it like any other refusal. */
export async function denyWaiting(
  recorder: Recorder,
  memory: RollbackMemory,
  id: string,
  { who, reason }: Actor,
  place: Pick<Place, 'env'>,
): Promise<Outcome<{ readonly id: string; readonly target: string; readonly facet: Facet }>> {
  const waiting = waitingOf(memory, id, recorder.now());
  if ('problem' in waiting) return refuse(404, waiting.problem);
  const { target, workspace, facet, trigger, key } = waiting;
  const refusals = [`denied by ${who}${reason === undefined ? '' : `: ${reason}`}`];
  const recorded = await recordRefusal({ target, workspace, facet }, refusals, {
    recorder,
    signature: await signatureOf(recorder, place),
    asked: { who, mode: 'approve', trigger, ...(key === undefined ? {} : { key }) },
    trace: openTraces(recorder.state.path, { name: target, workspace }, facet) ?? { traceId: randomHex(16) },
    id,
  });
  return 'problem' in recorded ? refuse(503, recorded.problem) : { ok: true, value: { id, target, facet } };
}

/** A decision to record. */
export interface Control extends Actor {
  readonly action: ControlEvent['action'];
  readonly target?: string;
  readonly workspace?: string;
  readonly facets?: readonly Facet[];
  readonly id?: string;
  /** Of `confirm`: no person confirmed, there was nothing to revert. */
  readonly unchanged?: true;
}

/** Writes a decision to the journal. A confirmation looks its id up in `memory`. */
export async function controlRollbacks(
  { journal }: Pick<Recorder, 'journal'>,
  { action, who, reason, target, workspace, facets, id, unchanged }: Control,
  memory?: RollbackMemory,
): Promise<Outcome<ControlEvent>> {
  const common = { type: 'control', action, who, ...(reason === undefined ? {} : { reason }) } as const;
  let event: ControlEvent = common;
  if (action === 'confirm') {
    const open = unconfirmedIn(memory ?? emptyMemory()).filter(({ confirm }) => confirm.id === id);
    const [found] = open;
    if (found === undefined || id === undefined) return nothingToConfirm;
    // While the command still runs, its changes cannot have been judged.
    if (found.confirm.trial?.isRunning === true && facets === undefined)
      return refuse(400, 'the command that is tried has not ended yet');
    const of = facets ?? open.map(({ facet }) => facet);
    event = {
      ...{ ...common, id, target: found.target, workspace: found.workspace, facets: of },
      ...(found.confirm.trial === undefined ? {} : { tried: true }),
      ...(unchanged === undefined ? {} : { unchanged }),
    };
  }
  if (action === 'release') {
    if (target === undefined || workspace === undefined) return refuse(400, 'target or workspace is missing');
    event = { ...common, target, workspace, facets: facets ?? facetsWithRollback };
  }
  const written = await appendJournal(journal, event);
  return written.ok ? { ok: true, value: event } : refuse(503, written.problem);
}
