/**
 * Wires the admin server to the running exporter. A call that changes the state directory is answered only
 * after a pass over the targets, so that the answer already holds on the page.
 */
import type { Entries } from '../../drift/snapshot.ts';
import type { TargetState } from '../../drift/state.ts';
import { systemClock } from '../../host/machine.ts';
import { handoverKey } from '../../observe/loop/handover.ts';
import { readPast } from '../../observe/loop/target-past.ts';
import { recordBlame } from '../../store/record-blame.ts';
import { recordCacheLine } from '../../store/record-cache.ts';
import { addWaiver, markDeployment, removeWaiver } from '../../store/record-exemption.ts';
import { createAdminServer } from '../../tell/admin/admin.ts';
import { emptyMemory } from '../../undo/memory.ts';
import { acceptUnlessUnconfirmed } from '../rollback/accept.ts';
import type { Place } from '../rollback/perform.ts';
import { version } from '../version.ts';
import type { Alerts } from './alerts.ts';
import type { Decide } from './ask-rollback.ts';
import type { Change } from './changes.ts';
import { controlFor, decideFor } from './decide.ts';
import type { Exporter } from './exporter.ts';
import type { Reload } from './reload.ts';
import { askFor, isAsk, rollbackFor } from './rollbacks.ts';
import { tryFor } from './tries.ts';

/** The parts of the exporter that answer admin calls. */
export interface AdminWiring {
  /** Reloads the configuration. */
  readonly reload: Reload;
  readonly change: Change;
  readonly decide: Decide;
  readonly alerts: Alerts;
  readonly place: Place;
}

/**
 * Returns a lookup of each target's last seen entries, taken from the state that the loop keeps for the next
 * pass.
 */
function lastEntries({ loop }: Exporter): (state: TargetState) => Entries {
  const known = loop?.current().handover().targets;
  return ({ target: name, workspace }) => {
    const past = known?.get(handoverKey({ name, workspace }))?.past;
    return (past === undefined ? undefined : readPast(past).remembered.last) ?? new Map();
  };
}

/** Creates the admin server that answers on the socket of the state directory. */
export function wireAdmin(
  exporter: Exporter,
  { reload, change, decide, alerts, place }: AdminWiring,
): ReturnType<typeof createAdminServer> {
  return createAdminServer({
    version,
    now: systemClock,
    alerts: alerts.receive,
    states: () => exporter.loop?.current().states() ?? [],
    entries: () => lastEntries(exporter),
    settings: () => exporter.discovery?.targets() ?? [],
    reload,
    markDeployment: (body) => change((recorder) => markDeployment(recorder, body)),
    addWaiver: (body) => change((recorder) => addWaiver(recorder, body)),
    acceptBaseline: (body) =>
      change(async (recorder) => {
        const { rollbacks, accepts } = exporter.parts ?? {};
        const memory = (await rollbacks?.catchUp().catch(() => rollbacks.known())) ?? emptyMemory();
        return await acceptUnlessUnconfirmed(recorder, body, memory, (record) => accepts?.add(record));
      }),
    rollback: (body) =>
      isAsk(body) ? askFor(decide, body) : change((recorder) => rollbackFor(exporter, recorder, body, place)),
    decideRollback: (call, body) => change((recorder) => decideFor(exporter, recorder, call, body, place)),
    trying: (call) => change((recorder) => tryFor(exporter, recorder, call, place)),
    controlRollbacks: (body) => change((recorder) => controlFor(recorder, body)),
    recordBlame: (body) => change((recorder) => recordBlame(recorder, body)),
    recordCache: (body) => change((recorder) => recordCacheLine(recorder, body)),
    removeWaiver: (id, who) => change((recorder) => removeWaiver(recorder, id, who)),
  });
}
