/** Taking back what was tried where no exporter runs: by the command that tried it, by one that denies it, or by the next one that finds it due. */
import { systemClock } from '../../host/machine.ts';
import type { TargetSettings } from '../../observe/target.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import { peekMemory } from '../../undo/keep-memory.ts';
import { noPolicy, type RollbackPolicy } from '../../undo/policy.ts';
import { nothingToConfirm } from '../rollback/controls.ts';
import { type Place, recoverHere } from '../rollback/perform.ts';
import { type TakenBack, type TakingBack, takeBack, unconfirmedWith } from '../rollback/take-back.ts';
import { plainTarget } from '../settings/configured-targets.ts';

/** What is known of the target where it is taken back. */
export interface Alone {
  readonly place: Place;
  readonly target?: TargetSettings;
  readonly policy?: RollbackPolicy;
  readonly denied?: TakingBack['denied'];
}

/** Undoes what was interrupted, which would stand in the way, and takes back what has that id, or every try that is due. */
export async function takeBackAlone(
  recorder: Recorder,
  id: string | undefined,
  { place, target, policy = noPolicy, denied }: Alone,
): Promise<Outcome<{ readonly taken_back: readonly TakenBack[] }>> {
  for (const line of await recoverHere(recorder, place)) recorder.report(line);
  const memory = await peekMemory(recorder.state.path);
  const open =
    id === undefined
      ? // A rollback that an alert asked for is the exporter's: its configuration says what may be done.
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

/** Whether a try is due that nobody took back yet. */
export async function isTryDue(stateDirectory: string): Promise<boolean> {
  const due = unconfirmedWith(await peekMemory(stateDirectory), { dueAt: systemClock() });
  return due.some(({ confirm }) => confirm.trial !== undefined);
}
