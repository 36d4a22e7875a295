/** The admin server, wired: who asks is answered by what runs, and what changes is looked at before the answer. */
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { acceptBaseline } from '../../store/accept-baseline.ts';
import {
  addWaiver,
  markDeployment,
  type Outcome,
  type Recorder,
  removeWaiver,
} from '../../store/record-exemption.ts';
import { createAdminServer } from '../../tell/admin.ts';
import type { Place } from '../rollback/perform.ts';
import { version } from '../version.ts';
import type { Exporter } from './exporter.ts';
import type { Reload } from './reload.ts';
import { rollbackFor } from './rollbacks.ts';

/** The server of the state directory's socket; `reload` puts the configuration in force anew. */
export function wireAdmin(
  exporter: Exporter,
  reload: Reload,
  place: Place,
): ReturnType<typeof createAdminServer> {
  const changes = createSerial();

  /** One exemption or accepted baseline after the other, and then a pass, so that the answer is true when it is given. */
  async function change<T>(write: (recorder: Recorder) => Promise<Outcome<T>>): Promise<Outcome<T>> {
    const outcome = await changes(async (): Promise<Outcome<T>> => {
      const { store } = exporter.parts ?? {};
      const journal = store?.journal();
      if (store === undefined || journal === undefined)
        return { ok: false, status: 503, problem: store?.unheld() ?? 'the exporter still starts' };
      const report = (problem: string) => exporter.log.warn({}, problem);
      return await write({ state: store.state, journal, now: systemClock, report });
    });
    if (outcome.ok) await exporter.loop?.current().pass();
    return outcome;
  }

  return createAdminServer({
    version,
    states: () => exporter.loop?.current().states() ?? [],
    settings: () => exporter.discovery?.targets() ?? [],
    reload,
    markDeployment: (body) => change((recorder) => markDeployment(recorder, body)),
    addWaiver: (body) => change((recorder) => addWaiver(recorder, body)),
    acceptBaseline: (body) =>
      change((recorder) => acceptBaseline(recorder, body, (record) => exporter.parts?.accepts.tell(record))),
    rollback: (body) => change((recorder) => rollbackFor(exporter, recorder, body, place)),
    removeWaiver: (id, who) => change((recorder) => removeWaiver(recorder, id, who)),
  });
}
