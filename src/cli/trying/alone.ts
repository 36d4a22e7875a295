/**
 * Reverts tries where no exporter runs: in the command that made the try, in one that denies it, or in the
 * next command that finds it due.
 */
import { systemClock } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { noPolicy, type RollbackPolicy } from '../../undo/policy.ts';
import { nothingToConfirm } from '../rollback/controls.ts';
import { type Place, recoverHere } from '../rollback/perform.ts';
import { type TakenBack, type TakingBack, takeBack, unconfirmedWith } from '../rollback/take-back.ts';
import { plainTarget } from '../settings/configured-targets.ts';

/** The context of a revert without an exporter. */
export interface Alone {
  readonly place: Place;
  readonly target?: TargetSettings;
  readonly policy?: RollbackPolicy;
  readonly denied?: TakingBack['denied'];
}

/**
 * Recovers interrupted rollbacks, which would be in the way, then reverts what has the given id; without an
 * id, every try that is due.
 */
export async function takeBackAlone(
  recorder: Recorder,
  id: string | undefined,
  { place, target, policy = noPolicy, denied }: Alone,
): Promise<Outcome<{ readonly taken_back: readonly TakenBack[] }>> {
  for (const line of await recoverHere(recorder, place)) recorder.report(line);
  const memory = await peekMemory(recorder.state.path);
  const open =
    id === undefined
      ? // A rollback that an alert asked for is left to the exporter, whose configuration says what is allowed.
        unconfirmedWith(memory, { dueAt: recorder.now() }).filter(
          ({ confirm }) => confirm.trial !== undefined,
        )
      : unconfirmedWith(memory, { id });
  if (open.length === 0 && id !== undefined) return nothingToConfirm;
  const taking: TakingBack = {
    recorder,
    place,
    policy,
    states: [],
    memory,
    targetOf: ({ target: name, workspace }) =>
      target?.name === name && target.workspace === workspace ? target : plainTarget(name, workspace),
    ...(denied === undefined ? {} : { denied }),
  };
  const done: TakenBack[] = [];
  for (const one of open) done.push(await takeBack(taking, one));
  return { ok: true, value: { taken_back: done } };
}

/** Reports whether a try is due and not yet reverted. */
export async function isTryDue(stateDirectory: string): Promise<boolean> {
  const due = unconfirmedWith(await peekMemory(stateDirectory), { dueAt: systemClock() });
  return due.some(({ confirm }) => confirm.trial !== undefined);
}
