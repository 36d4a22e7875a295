/**
 * Rollbacks that have to be confirmed: where nobody does in time, what stood there before comes back by itself (decision 0098). What is waited for is in the
 * journal, so that a restart waits on, and makes up for what fell due meanwhile.
 */
import { AppError } from '../../catalog/errors.ts';
import { randomHex } from '../../host/digest.ts';
import { systemClock } from '../../host/machine.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import { openTraces } from '../../store/open-drifts.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import { guardFollowed } from '../../undo/changed-since.ts';
import { type FacetMemory, noMemory, type RollbackMemory } from '../../undo/memory.ts';
import { recordRefusal } from '../../undo/record-plan.ts';
import { controlRollbacks } from '../rollback/controls.ts';
import { type Place, performRollback, signatureOf } from '../rollback/perform.ts';
import { rulesOfPeople } from '../rollback/situation.ts';
import type { Change } from './changes.ts';
import type { Exporter } from './exporter.ts';

/** A clock that is set meanwhile is noticed after so long, ms. */
const longestWaitMs = 60_000;

/** A facet with a rollback that has to be confirmed. */
export type Unconfirmed = FacetMemory & { readonly confirm: NonNullable<FacetMemory['confirm']> };

/** All of them. */
export const unconfirmedIn = ({ facets }: RollbackMemory): readonly Unconfirmed[] =>
  Object.values(facets).filter((one): one is Unconfirmed => one.confirm !== undefined);

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
    const memory = exporter.parts?.rollbacks.known();
    const due =
      memory === undefined ? [] : unconfirmedIn(memory).filter(({ confirm }) => confirm.by <= systemClock());
    for (const one of due)
      if (!exporter.stopping) await change((recorder) => takeBack(exporter, recorder, one, place));
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

/** Puts back what stood there before a rollback; where there is nothing to put back, or no way to, that is told and it waits no longer. */
async function takeBack(
  exporter: Exporter,
  recorder: Recorder,
  { target: name, workspace, facet, confirm }: Unconfirmed,
  place: Place,
): Promise<Outcome<object>> {
  const { id } = confirm;
  const known = await exporter.parts?.rollbacks.catchUp();
  // Somebody may have confirmed it while this waited for its turn.
  if (known !== undefined && !unconfirmedIn(known).some((one) => one.confirm.id === id))
    return { ok: false, status: 404, problem: 'confirmed' };
  const target = exporter.discovery
    ?.targets()
    .find((one) => one.name === name && one.workspace === workspace);
  if (target === undefined) return { ok: false, status: 404, problem: `${name} is not observed` };
  const reason = `rollback ${id} was not confirmed in time`;
  const asking = { who: 'godrift', mode: 'auto', trigger: 'unconfirmed', reverts: id, reason } as const;
  const request = { target, stateDirectory: recorder.state.path, facet, to: confirm.replaced };
  const { rollback: policy } = exporter.settings;
  const states = exporter.loop?.current().states() ?? [];
  const memory = known ?? noMemory();
  const { guard } = rulesOfPeople({ now: systemClock(), policy, memory, states, target, facet }, {});
  try {
    const done = await performRollback(recorder, request, asking, place, {
      guard: (prepared) => [
        ...guardFollowed(prepared.plan, prepared.kept?.record ?? {}),
        ...(guard?.(prepared) ?? []),
      ],
    });
    exporter.log.warn({ target: name, result: done.result }, reason);
    if (done.id !== undefined) return { ok: true, value: done };
    if (done.result !== 'applied') return { ok: false, status: 503, problem: done.refusals.join('; ') };
    const nothing = {
      action: 'confirm',
      id,
      who: 'godrift',
      reason: 'there is nothing to take back',
    } as const;
    return await controlRollbacks(recorder, nothing, known);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    const recorded = await recordRefusal({ target: name, workspace, facet }, [error.message], {
      recorder,
      signature: await signatureOf(recorder, place),
      asked: asking,
      trace: openTraces(recorder.state.path, target, facet) ?? { traceId: randomHex(16) },
    });
    return { ok: true, value: { id: recorded } };
  }
}
