/**
 * Rollbacks, and what people try, that have to be confirmed: where nobody does in time, what stood there before comes back by itself (decisions 0098, 0109). What is
 * waited for is in the journal, so that a restart waits on, and makes up for what fell due meanwhile.
 */
import { systemClock } from '../../host/machine.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import { type Outcome, type Recorder, refuse } from '../../store/record-exemption.ts';
import { noMemory, unconfirmedIn } from '../../undo/memory.ts';
import { nothingToConfirm } from '../rollback/controls.ts';
import type { Place } from '../rollback/perform.ts';
import { type TakenBack, type TakingBack, takeBack, unconfirmedWith } from '../rollback/take-back.ts';
import { plainTarget } from '../settings/configured-targets.ts';
import type { Change } from './changes.ts';
import { type Exporter, stillStarts } from './exporter.ts';

/** A clock that is set meanwhile is noticed after so long, ms. */
const longestWaitMs = 60_000;

export interface Confirmations {
  /** Looks when the next one is due; called whenever more is remembered. */
  readonly look: () => void;
  readonly stop: () => void;
}

/** Takes back what nobody confirms. */
export function keepConfirmations(exporter: Exporter, change: Change, place: Place): Confirmations {
  let cancel: Cancel = () => {};
  let isBusy = false;
  async function takeBackDue(): Promise<void> {
    const dueAt = systemClock();
    const memory = exporter.parts?.rollbacks.known() ?? noMemory();
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
          exporter.log.error({ what: String(error) }, 'what was not confirmed stays'),
        )
        .finally(() => {
          isBusy = false;
          // What could not be taken back now is tried again, and not at once.
          cancel = systemTimer(5000, look);
        });
    });
  }
  return { look, stop: () => cancel() };
}

/** Which one is taken back, and why: it is due at a moment, or somebody denied it. */
export interface Which extends Pick<TakingBack, 'denied'> {
  readonly id: string;
  /** ms since the epoch. */
  readonly dueAt?: number;
}

/** Takes back every facet of what has that id, if it is still there: somebody may have confirmed it while this waited for its turn. */
export async function takeBackHere(
  exporter: Exporter,
  recorder: Recorder,
  { id, dueAt, denied }: Which,
  place: Place,
): Promise<Outcome<{ readonly taken_back: readonly TakenBack[] }>> {
  const memory = (await exporter.parts?.rollbacks.catchUp()) ?? noMemory();
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
      // A person may try something where no exporter looks; a target that was taken out of the configuration is nobody's to change.
      (confirm.trial === undefined ? undefined : plainTarget(target, workspace)),
    mayHide: ({ workspace }) => discovery.mayHide(workspace),
    ...(denied === undefined ? {} : { denied }),
  };
  const done: TakenBack[] = [];
  for (const one of open) {
    // What has begun is ended; the next exporter begins the rest.
    if (exporter.stopping) break;
    const back = await takeBack(taking, one);
    exporter.log.warn({ ...back, id }, denied === undefined ? 'not confirmed in time' : 'denied');
    done.push(back);
  }
  return { ok: true, value: { taken_back: done } };
}
