/** The readers of the whole journal in an exporter: they read it together when it starts, and then only what was added. */
import { steadyClock, systemClock } from '../../host/machine.ts';
import { ChainWatch } from '../../store/chain-watch.ts';
import { FirstReading, type ReadLines } from '../../store/first-reading.ts';
import { eventOf } from '../../store/journal.ts';
import type { Store } from '../../store/store.ts';
import type { Logger } from '../../tell/log.ts';
import { KnownAsks } from '../../undo/alerts/known-asks.ts';
import type { Exporter, Parts } from './exporter.ts';

/** The watch over the chain of an exporter's journal; that it broke, or holds again, is logged and shown. */
export function watchChain(exporter: Exporter, { state, journal }: Store): ChainWatch {
  return new ChainWatch({
    stateDirectory: state.path,
    journal,
    targets: () => exporter.discovery?.targets() ?? exporter.coming?.targets() ?? [],
    now: systemClock,
    steady: steadyClock,
    changed: (broken) => {
      if (broken === undefined)
        exporter.log.info({}, 'the journal can be believed again: baselines were accepted after the break');
      else
        exporter.log.error(
          { broken },
          'the journal was changed: see godrift events --verify, and accept a baseline when all is well',
        );
      exporter.statusFiles?.changed();
      exporter.textfile?.changed();
    },
  });
}

/** Which alerts asked, from all lines of the journal. */
export async function learnAsks(read: ReadLines): Promise<KnownAsks> {
  const known = new KnownAsks();
  await read(1, (line) => {
    const event = eventOf(line);
    if (event.type === 'alert') known.learn(event, Date.parse(line.time));
  });
  return known;
}

/** Has everybody read who needs the whole journal. Nobody waits for it; what could not be read is read again by whoever needs it next. */
export function readAtStart(log: Logger, parts: Parts): void {
  const reading = new FirstReading(parts.store.state.path, 3);
  void parts.rollbacks
    .catchUp(reading.read)
    .catch((error: unknown) => log.warn({}, String(error)))
    // It may have failed before it read.
    .finally(reading.leave);
  const alone = parts.asked;
  const together = learnAsks(reading.read);
  together.catch(() => {
    parts.asked = alone;
  });
  parts.asked = () => together;
  void parts.chain.begin(reading);
}
