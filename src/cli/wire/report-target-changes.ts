/** The journal's lines of what came and went, and what of it waits: on the disk too, so that a kill loses none of it (decision record 0080). */
import type { TargetEvent } from '../../drift/events.ts';
import { steadyClock, systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import {
  type Change,
  createTargetChanges,
  linesOf,
  type Waiting,
} from '../../observe/discovery/target-changes.ts';
import type { Store } from '../../store/store.ts';
import { loadTargetChanges, saveTargetChanges } from '../../store/target-changes.ts';
import type { Logger } from '../../tell/log.ts';
import { recordAndSay } from './record.ts';

/** Tells what comes and goes, in the journal and the log. */
export interface Telling {
  readonly tell: (changes: readonly Change[]) => void;
  /**
   * Tells what waited when a process before this one ended: each target as `isObserved` says that it is now. Of those of which `isUnsure` says that
   * nobody knows nothing is told: they wait on, on the disk too, until they are asked for again.
   */
  readonly tellEarlier: (
    isObserved: (target: Waiting) => boolean,
    isUnsure: (target: Waiting) => boolean,
  ) => Promise<void>;
  /** Tells what waits; nothing is told afterwards. */
  readonly stop: () => Promise<void>;
}

/** Of more that waits, which is a storm, the disk is told once in so many ms. */
const fewWaiting = 200;
const stormMs = 60_000;

const keyOf = ({ target, workspace }: Waiting) => `${target}\0${workspace}`;

/** What waited when a process before this one ended, and is not told yet. */
function earlierTidings(log: Logger) {
  let list: readonly Waiting[] | undefined;
  let onDisk: typeof list;
  /** Why it could not be read, as it was said last. */
  let said: string | undefined;
  const inHand = new Set<string>();
  return {
    /** Undefined until it could be read: what is there may not be written over. */
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
    /** Those that may be told, each once. */
    take: (isUnsure: (target: Waiting) => boolean) => {
      const known = (list ?? []).filter((one) => !inHand.has(keyOf(one)) && !isUnsure(one));
      for (const one of known) inHand.add(keyOf(one));
      return known;
    },
    /** Notes that they are told. */
    drop: (told: ReadonlySet<string>) => {
      if (list?.some((one) => told.has(keyOf(one)))) list = list.filter((one) => !told.has(keyOf(one)));
    },
  };
}

/** One for the life of the exporter: a reload begins no new period. `store` is undefined before there is one. */
export function reportTargetChanges(log: Logger, storeOf: () => Store | undefined): Telling {
  const targetChanges = createTargetChanges();
  const earlier = earlierTidings(log);
  let cancel: Cancel = () => {};
  let saved = targetChanges.waiting();
  let savedAt = Number.NEGATIVE_INFINITY;
  const serial = createSerial();
  const write = async (record: TargetEvent) => {
    const store = storeOf();
    if (store === undefined) return;
    const { target, workspace, facets, others } = record;
    const drifted = facets === undefined ? {} : { drifted: facets.join(',') };
    const more = others === undefined ? {} : { more: others.count };
    const said = { target, message: record.change, fields: { workspace, ...drifted, ...more } };
    await recordAndSay(log, store, said, () => store.keep(record));
  };
  const load = async () => {
    const store = storeOf();
    if (store !== undefined) await earlier.load(store);
  };
  /** Writes what waits, once it is known what is written there: nobody told that yet. */
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
  const drop = (told: readonly Waiting[]) => {
    const keys = new Set(told.map(keyOf));
    void serial(async () => {
      await load();
      earlier.drop(keys);
    });
  };
  /** `told`: what waited from before and is told with it. */
  const tell = (records: readonly TargetEvent[], told: readonly Waiting[] = []) => {
    for (const record of records) void serial(() => write(record));
    // Behind the lines: what was told is not told again, and at worst told twice.
    if (told.length > 0) drop(told);
    void serial(save);
    cancel();
    const due = targetChanges.due();
    if (due !== undefined)
      cancel = systemTimer(Math.max(0, due - steadyClock()), () => tell(targetChanges.settle(steadyClock())));
  };
  return {
    // What is told now is newer than what waits of the same target from before.
    tell: (changes) => tell(targetChanges.note(changes, steadyClock()), changes),
    tellEarlier: async (isObserved, isUnsure) => {
      await serial(load);
      const known = earlier.take(isUnsure);
      if (known.length === 0) return;
      const changes = known.map((one): Change => {
        const { facets: _facets, ...back } = one;
        return isObserved(one) ? { ...back, change: 'appeared' } : { ...one, change: 'vanished' };
      });
      tell(linesOf(changes), known);
    },
    stop: async () => {
      tell(targetChanges.settle(steadyClock()));
      cancel();
      await serial(async () => {});
    },
  };
}
