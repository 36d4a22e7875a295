/**
 * The readers that need the whole journal of an exporter. At the start they share one reading; afterwards
 * each reads only the added lines.
 */
import { steadyClock, systemClock } from '../../host/machine.ts';
import { ChainWatch } from '../../store/chain-watch.ts';
import { FirstReading, type ReadLines } from '../../store/first-reading.ts';
import { eventOf } from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';
import { EarlierRequests } from '../../undo/alerts/earlier-requests.ts';
import type { Exporter, Parts } from './exporter.ts';

/**
 * Creates the watch over the journal's hash chain. A break and its repair are logged and shown on the pages.
 */
export function watchChain(exporter: Exporter, { state, journal }: Store): ChainWatch {
  return new ChainWatch({
    stateDirectory: state.path,
    journal,
    targets: () => exporter.discovery?.targets() ?? exporter.coming?.targets() ?? [],
    now: systemClock,
    steady: steadyClock,
    changed: (broken) => {
      if (broken === undefined)
        exporter.log.info({}, 'the journal is trusted again: baselines were accepted after the break');
      else
        exporter.log.error(
          { broken },
          'the journal was altered: check with godrift events --verify, then accept a new baseline',
        );
      exporter.statusFiles?.changed();
      exporter.textfile?.changed();
    },
  });
}

/** Collects the alerts that requested rollbacks from all lines of the journal. */
export async function learnAsks(read: ReadLines): Promise<EarlierRequests> {
  const known = new EarlierRequests();
  await read(1, (line) => {
    const event = eventOf(line);
    if (event.type === 'alert') known.learn(event, Date.parse(line.time));
  });
  return known;
}

/**
 * Starts the shared reading of the journal for its three readers without waiting for it. A reader whose
 * reading failed reads again by itself when it next needs the journal.
 */
export function readAtStart(log: Logger, parts: Parts): void {
  const reading = new FirstReading(parts.store.state.path, 3);
  void parts.rollbacks
    .catchUp(reading.read)
    .catch((error: unknown) => log.warn({}, String(error)))
    // `catchUp` may fail before it joins the reading, and the others must not wait for it.
    .finally(reading.leave);
  const alone = parts.asked;
  const together = learnAsks(reading.read);
  together.catch(() => {
    parts.asked = alone;
  });
  parts.asked = () => together;
  void parts.chain.begin(reading);
}
