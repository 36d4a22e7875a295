/** The journal's lines of what came and went, and what of it waits: on the disk too, so that a kill loses none of it (decision record 0080). */
import type { TargetEvent } from '../../drift/events.ts';
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import { type Change, createTidings, linesOf, type Waiting } from '../../observe/discovery/tidings.ts';
import type { Store } from '../../store/store.ts';
import { loadTidings, saveTidings } from '../../store/tidings.ts';
import type { Logger } from '../../tell/log.ts';

/** Tells what comes and goes, in the journal and the log. */
export interface Telling {
  readonly tell: (changes: readonly Change[]) => void;
  /** Tells what waited when a process before this one ended: each target as `isObserved` says that it is now. */
  readonly tellEarlier: (isObserved: (target: Waiting) => boolean) => Promise<void>;
  /** Tells what waits; nothing is told afterwards. */
  readonly stop: () => Promise<void>;
}

/** Of more that waits, which is a storm, the disk is told once in so many ms. */
const fewWaiting = 200;
const stormMs = 60_000;

/** One for the life of the exporter: a reload begins no new period. `store` is undefined before there is one. */
export function tellTidings(log: Logger, storeOf: () => Store | undefined): Telling {
  const tidings = createTidings();
  let cancel: Cancel = () => {};
  let saved: readonly Waiting[] = [];
  let savedAt = 0;
  const serial = createSerial();
  const write = async (record: TargetEvent) => {
    const { target, workspace, facets, others } = record;
    const drifted = facets === undefined ? {} : { drifted: facets.join(',') };
    const more = others === undefined ? {} : { more: others.count };
    log.info({ target, workspace, ...drifted, ...more }, record.change);
    if (!((await storeOf()?.keep(record)) ?? false))
      log.error({ target }, 'not recorded: too much waits for the disk already');
  };
  const save = async () => {
    const store = storeOf();
    const waiting = tidings.waiting();
    if (store === undefined || waiting === saved) return;
    if (waiting.length > fewWaiting && Math.abs(systemClock() - savedAt) < stormMs) return;
    saved = waiting;
    savedAt = systemClock();
    await store.replace('tidings', () => saveTidings(store.state, waiting));
  };
  const tell = (records: readonly TargetEvent[]) => {
    for (const record of records) void serial(() => write(record));
    // Behind the lines: what was told is not told again, and at worst told twice.
    void serial(save);
    cancel();
    const due = tidings.due();
    if (due !== undefined)
      cancel = systemTimer(Math.max(0, due - systemClock()), () => tell(tidings.settle(systemClock())));
  };
  return {
    tell: (changes) => tell(tidings.note(changes, systemClock())),
    tellEarlier: async (isObserved) => {
      const store = storeOf();
      if (store === undefined) return;
      const { value = [], problem } = await loadTidings(store.state, systemClock());
      if (problem !== undefined) log.warn({}, problem);
      if (value.length === 0) return;
      saved = value;
      const changes = value.map((one): Change => {
        const { facets: _facets, ...back } = one;
        return isObserved(one) ? { ...back, change: 'appeared' } : { ...one, change: 'vanished' };
      });
      tell(linesOf(changes));
    },
    stop: async () => {
      tell(tidings.settle(systemClock()));
      cancel();
      await serial(async () => {});
    },
  };
}
