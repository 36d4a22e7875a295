/**
 * Records in the journal and the log which targets appeared and vanished. Changes that wait for the end of a
 * period are stored on disk as well, so that a kill loses none of them (decision record 0080).
 */
import type { TargetEvent } from '../../drift/events.ts';
import { steadyClock, systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import {
  createTargetChanges,
  linesOf,
  type TargetChange,
  type WaitingTarget,
} from '../../observe/discovery/target-changes.ts';
import type { Store } from '../../store/store.ts';
import { loadTargetChanges, saveTargetChanges } from '../../store/target-changes.ts';
import type { Logger } from '../../tell/log.ts';
import { recordAndLog } from './record.ts';

/** Records which targets appeared and vanished, in the journal and the log. */
export interface TargetChangeRecorder {
  readonly record: (changes: readonly TargetChange[]) => void;
  /**
   * Records the changes that still waited when the previous process ended: `appeared` for a target that is
   * observed now, `vanished` for others. Targets for which `isUnsure` returns true keep waiting, on disk too,
   * until the next call.
   */
  readonly recordLeftover: (
    isObserved: (target: WaitingTarget) => boolean,
    isUnsure: (target: WaitingTarget) => boolean,
  ) => Promise<void>;
  /** Records all waiting changes and resolves when they are written. */
  readonly stop: () => Promise<void>;
}

/** Up to this many waiting changes are saved at once. */
const fewWaiting = 200;
/** With more of them (a storm) the file is written at most once in this time, ms. */
const stormMs = 60_000;

const keyOf = ({ target, workspace }: WaitingTarget) => `${target}\0${workspace}`;

/** Keeps the changes that still waited when the previous process ended and are not recorded yet. */
function leftoverChanges(log: Logger) {
  let list: readonly WaitingTarget[] | undefined;
  let onDisk: typeof list;
  /** The read problem that was logged last. */
  let said: string | undefined;
  const inHand = new Set<string>();
  return {
    /** Undefined until the file was read; before that the file must not be overwritten. */
    list: () => list,
    load: async (store: Store) => {
      if (list !== undefined) return;
      const { value = [], problem, unread } = await loadTargetChanges(store.state, systemClock());
      if (problem !== undefined && problem !== said) log.warn({}, problem);
      said = problem;
      if (!unread) list = onDisk = value;
    },
    isWritten: () => list === onDisk,
    written: () => {
      onDisk = list;
    },
    /** Returns the changes to record now, each only once. */
    take: (isUnsure: (target: WaitingTarget) => boolean) => {
      const known = (list ?? []).filter((one) => !inHand.has(keyOf(one)) && !isUnsure(one));
      for (const one of known) inHand.add(keyOf(one));
      return known;
    },
    /** Removes changes that are recorded. */
    drop: (told: ReadonlySet<string>) => {
      if (list?.some((one) => told.has(keyOf(one)))) list = list.filter((one) => !told.has(keyOf(one)));
    },
  };
}

/**
 * Creates the recorder of target changes. It lives as long as the exporter, so that a reload begins no new
 * period. `storeOf` returns undefined until the store is open.
 */
export function reportTargetChanges(log: Logger, storeOf: () => Store | undefined): TargetChangeRecorder {
  const targetChanges = createTargetChanges();
  const earlier = leftoverChanges(log);
  let cancel: Cancel = () => {};
  let saved = targetChanges.waiting();
  let savedAt = Number.NEGATIVE_INFINITY;
  const serial = createSerial();
  const write = async (event: TargetEvent) => {
    const store = storeOf();
    if (store === undefined) return;
    const { target, workspace, facets, others } = event;
    const drifted = facets === undefined ? {} : { drifted: facets.join(',') };
    const more = others === undefined ? {} : { more: others.count };
    const said = { target, message: event.change, fields: { workspace, ...drifted, ...more } };
    await recordAndLog(log, store, said, () => store.keep(event));
  };
  const load = async () => {
    const store = storeOf();
    if (store !== undefined) await earlier.load(store);
  };
  /**
   * Saves the waiting changes. Loads the file first, since the changes of the previous process in it must be
   * kept.
   */
  const save = async () => {
    await load();
    const [store, before, waiting] = [storeOf(), earlier.list(), targetChanges.waiting()];
    if (store === undefined || before === undefined || (waiting === saved && earlier.isWritten())) return;
    const all = [...before, ...waiting];
    if (all.length > fewWaiting && steadyClock() - savedAt < stormMs) return;
    saved = waiting;
    earlier.written();
    savedAt = steadyClock();
    await store.replace('tidings', () => saveTargetChanges(store.state, all));
  };
  const drop = (recorded: readonly WaitingTarget[]) => {
    const keys = new Set(recorded.map(keyOf));
    void serial(async () => {
      await load();
      earlier.drop(keys);
    });
  };
  /** Writes `events`; `covered` are the changes of the previous process that they cover. */
  const record = (events: readonly TargetEvent[], covered: readonly WaitingTarget[] = []) => {
    for (const event of events) void serial(() => write(event));
    // Queued after the lines: a kill between the two repeats a line, and never loses one.
    if (covered.length > 0) drop(covered);
    void serial(save);
    cancel();
    const due = targetChanges.due();
    if (due !== undefined)
      cancel = systemTimer(Math.max(0, due - steadyClock()), () =>
        record(targetChanges.settle(steadyClock())),
      );
  };
  return {
    // These changes are newer than those left over from the previous process for the same targets, and
    // replace them.
    record: (changes) => record(targetChanges.note(changes, steadyClock()), changes),
    recordLeftover: async (isObserved, isUnsure) => {
      await serial(load);
      const known = earlier.take(isUnsure);
      if (known.length === 0) return;
      const changes = known.map((one): TargetChange => {
        const { facets: _facets, ...back } = one;
        return isObserved(one) ? { ...back, change: 'appeared' } : { ...one, change: 'vanished' };
      });
      record(linesOf(changes), known);
    },
    stop: async () => {
      record(targetChanges.settle(steadyClock()));
      cancel();
      await serial(async () => {});
    },
  };
}
