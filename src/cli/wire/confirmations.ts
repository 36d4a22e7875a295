/**
 * Reverts rollbacks and trials (`godrift try`) that are not confirmed in time (decisions 0098, 0109).
 * The deadlines are in the journal: after a restart the exporter keeps waiting, and reverts at once what fell
 * due meanwhile.
 */
import { systemClock } from '../../host/machine.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import { type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import { emptyMemory, unconfirmedIn } from '../../undo/memory.ts';
import { nothingToConfirm } from '../rollback/controls.ts';
import type { Place } from '../rollback/perform.ts';
import { type TakenBack, type TakingBack, takeBack, unconfirmedWith } from '../rollback/take-back.ts';
import { plainTarget } from '../settings/configured-targets.ts';
import type { Change } from './changes.ts';
import { type Exporter, stillStarts } from './exporter.ts';

/**
 * The longest sleep, ms: after it the deadlines are compared with the clock again, which may have been set
 * meanwhile.
 */
const longestWaitMs = 60_000;

/** Watches the deadlines of unconfirmed changes. */
export interface Confirmations {
  /** Sets the timer for the next deadline; called whenever the memory of rollbacks changes. */
  readonly look: () => void;
  readonly stop: () => void;
}

/** Creates the watch that reverts rollbacks and trials whose confirmation deadline has passed. */
export function keepConfirmations(exporter: Exporter, change: Change, place: Place): Confirmations {
  let cancel: Cancel = () => {};
  let isBusy = false;
  async function takeBackDue(): Promise<void> {
    const dueAt = systemClock();
    const memory = exporter.parts?.rollbacks.known() ?? emptyMemory();
    const ids = new Set(unconfirmedWith(memory, { dueAt }).map(({ confirm }) => confirm.id));
    for (const id of ids)
      if (!exporter.stopping)
        await change((recorder) => takeBackHere(exporter, recorder, { id, dueAt }, place));
  }
  function look(): void {
    cancel();
    if (isBusy || exporter.stopping) return;
    const memory = exporter.parts?.rollbacks.known();
    const times = memory === undefined ? [] : unconfirmedIn(memory).map(({ confirm }) => confirm.by);
    if (times.length === 0) return;
    const wait = Math.min(longestWaitMs, Math.max(0, Math.min(...times) - systemClock()));
    cancel = systemTimer(wait, () => {
      isBusy = true;
      takeBackDue()
        .catch((error: unknown) =>
          exporter.log.error({ what: String(error) }, 'cannot revert an unconfirmed change'),
        )
        .finally(() => {
          isBusy = false;
          // A revert that failed is tried again, after a pause.
          cancel = systemTimer(5000, look);
        });
    });
  }
  return { look, stop: () => cancel() };
}

/** Names the change to revert, and the reason: its deadline passed, or it was denied. */
export interface RevertRequest extends Pick<TakingBack, 'denied'> {
  readonly id: string;
  /**
   * Only what was to be confirmed by this moment (ms since the epoch) is reverted; undefined reverts all of
   * it.
   */
  readonly dueAt?: number;
}

/**
 * Reverts every facet of the rollback or trial with the given id that is still unconfirmed. Resolves to
 * `nothingToConfirm` if it was confirmed while this call waited for its turn.
 */
export async function takeBackHere(
  exporter: Exporter,
  recorder: Recorder,
  { id, dueAt, denied }: RevertRequest,
  place: Place,
): Promise<Outcome<{ readonly taken_back: readonly TakenBack[] }>> {
  const memory = (await exporter.parts?.rollbacks.catchUp()) ?? emptyMemory();
  const open = unconfirmedWith(memory, { id }).filter(
    ({ confirm }) => dueAt === undefined || confirm.by <= dueAt,
  );
  if (open.length === 0) return nothingToConfirm;
  const { discovery } = exporter;
  if (discovery === undefined) return refuse(503, stillStarts);
  const targets = discovery.targets();
  const taking: TakingBack = {
    recorder,
    place,
    policy: exporter.settings.rollback,
    states: exporter.loop?.current().states() ?? [],
    memory,
    targetOf: ({ target, workspace, confirm }) =>
      targets.find((one) => one.name === target && one.workspace === workspace) ??
      // A trial may run in a directory that no exporter observes. The rollback of a target that was
      // removed from the configuration must not be touched.
      (confirm.trial === undefined ? undefined : plainTarget(target, workspace)),
    mayHide: ({ workspace }) => discovery.mayHide(workspace),
    ...(denied === undefined ? {} : { denied }),
  };
  const done: TakenBack[] = [];
  for (const one of open) {
    // The exporter is stopping: the facet under way was completed, the next process reverts the rest.
    if (exporter.stopping) break;
    const back = await takeBack(taking, one);
    exporter.log.warn({ ...back, id }, denied === undefined ? 'not confirmed in time' : 'denied');
    done.push(back);
  }
  return { ok: true, value: { taken_back: done } };
}
