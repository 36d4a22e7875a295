/** Discovery, wired: its thread, the loop that gets another list of targets, and the journal's lines of what came and went. */
import type { TargetEvent } from '../../drift/events.ts';
import { sha256Hex } from '../../host/digest.ts';
import { systemClock } from '../../host/machine.ts';
import { createSerial } from '../../host/serial.ts';
import { startThread } from '../../host/threads.ts';
import { type Cancel, systemTimer } from '../../host/timer.ts';
import { createDiscovery, type Discovery, type FinderHandle } from '../../observe/discovery/discovery.ts';
import type { Expansion } from '../../observe/discovery/entries.ts';
import { createFinder, type FinderSetup } from '../../observe/discovery/finder.ts';
import { createTidings, type Tidings } from '../../observe/discovery/tidings.ts';
import { type Handover, handoverKey } from '../../observe/handover.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { placesIn } from '../../store/gone.ts';
import type { Logger } from '../../tell/log.ts';
import type { Settings } from '../settings.ts';
import type { Difference } from './gone-targets.ts';

export interface DiscoveryWiring {
  readonly log: Logger;
  /** What is known of the targets now. */
  readonly known: () => Handover['targets'];
  /** Gives the loop another list of targets, unless this discovery is not in force any more. */
  readonly retarget: (discovery: Discovery, targets: readonly TargetSettings[]) => Promise<boolean>;
  readonly tell: Telling['tell'];
  /** Notes who has a place at the next start. */
  readonly followPlaces: (difference: Difference) => Promise<void>;
}

/** Tells what comes and goes, in the journal and the log. */
export interface Telling {
  readonly tell: (changes: Parameters<Tidings['note']>[0]) => void;
  /** Tells what waits; nothing is told afterwards. */
  readonly stop: () => Promise<void>;
}

/** One for the life of the exporter: a reload begins no new period. `keep` appends to the journal; false when too much waits for that already. */
export function tellTidings(log: Logger, keep: (record: TargetEvent) => Promise<boolean>): Telling {
  const tidings = createTidings();
  let cancel: Cancel = () => {};
  const serial = createSerial();
  const write = async (record: TargetEvent) => {
    const { target, workspace, facets, others } = record;
    const drifted = facets === undefined ? {} : { drifted: facets.join(',') };
    const more = others === undefined ? {} : { more: others.count };
    log.info({ target, workspace, ...drifted, ...more }, record.change);
    if (!(await keep(record))) log.error({ target }, 'not recorded: too much waits for the disk already');
  };
  const tell = (records: readonly TargetEvent[]) => {
    for (const record of records) void serial(() => write(record));
    cancel();
    const due = tidings.due();
    if (due !== undefined)
      cancel = systemTimer(Math.max(0, due - systemClock()), () => tell(tidings.settle(systemClock())));
  };
  return {
    tell: (changes) => tell(tidings.note(changes, systemClock())),
    stop: async () => {
      tell(tidings.settle(systemClock()));
      cancel();
      await serial(async () => {});
    },
  };
}

/** Heap of the thread in MiB: twenty thousand names take a few. */
const heapMb = 128;

function startFinder(setup: FinderSetup, changed: () => void): FinderHandle {
  const thread = startThread('discovery', { data: setup, onTell: changed, heapMb });
  if (thread !== undefined)
    return {
      find: (observed) => thread.run<readonly string[], readonly Expansion[]>(observed),
      stop: thread.stop,
    };
  const finder = createFinder(setup, changed);
  return { find: async (observed) => finder.find(observed), stop: async () => finder.close() };
}

/** The discovery of a configuration; `before` is the one that it takes the place of. */
export function wireDiscovery(settings: Settings, wiring: DiscoveryWiring, before?: Discovery): Discovery {
  const { targets: named, entries, targetLimit: limit, intervalMs, stateDirectory } = settings;
  const { log, known, retarget, tell, followPlaces } = wiring;
  const discovery: Discovery = createDiscovery(
    { named, entries, limit, intervalMs },
    {
      clock: systemClock,
      timer: systemTimer,
      start: (changed) => startFinder({ entries, stateDirectory }, changed),
      digest: sha256Hex,
      stored: () => placesIn(stateDirectory),
      warn: (message, fields) => log.warn(fields, message),
      replace: async (targets, { came, went }) => {
        const open = new Map(
          went.map((one) => [one, Object.keys(known().get(handoverKey(one))?.memory.open ?? {})]),
        );
        if (!(await retarget(discovery, targets))) return;
        void followPlaces({ came, went });
        const change = (which: 'vanished' | 'appeared') => (one: TargetSettings) => {
          // A drift that is open stays open: it is resolved, or goes on, when the target comes back.
          const drifted = open.get(one) ?? [];
          return {
            change: which,
            target: one.name,
            workspace: one.workspace,
            ...(drifted.length === 0 ? {} : { facets: drifted }),
          };
        };
        // In their order, and nobody waits for the disk.
        tell([...went.map(change('vanished')), ...came.map(change('appeared'))]);
      },
    },
    before,
  );

  return discovery;
}
