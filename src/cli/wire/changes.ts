/** What changes the state directory of a running exporter: one after the other, and then a pass, so that the answer is true when it is given. */
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import { type Exporter, stillStarts } from './exporter.ts';

/** Runs a write when those before it have ended; what cannot be recorded yet is said. */
export type Change = <T>(write: (recorder: Recorder) => Promise<Outcome<T>>) => Promise<Outcome<T>>;

/** The one queue of an exporter. */
export interface Changes {
  readonly change: Change;
  /** Resolves when every write that was asked for has ended: one that is under way when the exporter stops should be able to tell how it ended. */
  readonly settled: () => Promise<void>;
}

/** Makes the queue. */
export function serialChanges(exporter: Exporter): Changes {
  const changes = createSerial();
  const change: Change = async (write) => {
    // Who asks about a change that is on the page finds its trace.
    await exporter.loop?.current().recorded();
    const outcome = await changes(async () => {
      const { store } = exporter.parts ?? {};
      const journal = store?.journal();
      if (store === undefined || journal === undefined)
        return { ok: false, status: 503, problem: store?.unheld() ?? stillStarts } as const;
      const report = (problem: string) => exporter.log.warn({}, problem);
      return await write({ state: store.state, journal, now: systemClock, report });
    });
    exporter.parts?.outbox?.kick();
    exporter.parts?.eventLog?.kick();
    await exporter.parts?.rollbacks.catchUp().catch(() => {});
    if (outcome.ok) await exporter.loop?.current().pass();
    return outcome;
  };
  return { change, settled: () => changes(async () => {}) };
}
