/**
 * Serialises the calls that change the state directory of a running exporter. A pass follows each change, so
 * that an answer already holds on the page when the caller gets it.
 */
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import type { Outcome, Recorder } from '../../store/record-exemption.ts';
import { type Exporter, stillStarts } from './exporter.ts';

/**
 * Runs `write` after all earlier ones. Resolves to a 503 outcome without calling it while nothing can be
 * recorded.
 */
export type Change = <T>(write: (recorder: Recorder) => Promise<Outcome<T>>) => Promise<Outcome<T>>;

/** The queue of changes of an exporter. */
export interface Changes {
  readonly change: Change;
  /**
   * Resolves when every queued write has ended, so that a write under way can still record its outcome at a
   * stop.
   */
  readonly settled: () => Promise<void>;
}

/** Creates the queue of changes of an exporter. */
export function serialChanges(exporter: Exporter): Changes {
  const changes = createSerial();
  const change: Change = async (write) => {
    // A caller who saw a drift on the page must find it, and its trace, in the journal.
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
