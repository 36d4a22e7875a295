/** Wires target discovery: starts its thread and hands each new list of targets to the loop. */
import { sha256Hex } from '../../host/digest.ts';
import { steadyClock, systemClock } from '../../host/machine.ts';
import { startThread } from '../../host/threads.ts';
import { systemTimer } from '../../host/timer.ts';
import { createDiscovery, type Discovery, type FinderHandle } from '../../observe/discovery/discovery.ts';
import type { Expansion } from '../../observe/discovery/entries.ts';
import { createFinder, type FinderRequest, type FinderSetup } from '../../observe/discovery/finder.ts';
import { type Handover, handoverKey } from '../../observe/loop/handover.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { placesIn } from '../../store/gone.ts';
import type { Logger } from '../../tell/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { TargetListChange } from './gone-targets.ts';
import type { TargetChangeRecorder } from './report-target-changes.ts';

/** The parts of the exporter that discovery reports to. */
export interface DiscoveryWiring {
  readonly log: Logger;
  /** Returns the state that the loop keeps of each target. */
  readonly known: () => Handover['targets'];
  /**
   * Gives the loop a new list of targets. Resolves to false if `discovery` has been replaced by a reload
   * meanwhile.
   */
  readonly retarget: (discovery: Discovery, targets: readonly TargetSettings[]) => Promise<boolean>;
  readonly recordChanges: TargetChangeRecorder['record'];
  /** Called after each search, once the targets it found are in force. */
  readonly looked: (discovery: Discovery) => Promise<void>;
  /** Records which targets were added and removed, for the next start. */
  readonly followPlaces: (difference: TargetListChange) => Promise<void>;
}

/** Heap limit of the thread, MiB: twenty thousand names take a few MiB. */
const heapMb = 128;

function startFinder(setup: FinderSetup, changed: () => void): FinderHandle {
  const thread = startThread('discovery', { data: setup, onTell: changed, heapMb });
  if (thread !== undefined) {
    const ask = (what: FinderRequest['what']) => (observed: readonly string[]) =>
      thread.run<FinderRequest, readonly Expansion[]>({ what, observed });
    return { find: ask('find'), findObserved: ask('findObserved'), stop: thread.stop };
  }
  const finder = createFinder(setup, changed);
  return {
    find: async (observed) => finder.find(observed),
    findObserved: async (observed) => finder.findObserved(observed),
    stop: async () => finder.close(),
  };
}

/** Creates the discovery of a configuration, not started yet. `before` is the discovery that it replaces. */
export function wireDiscovery(settings: Settings, wiring: DiscoveryWiring, before?: Discovery): Discovery {
  const { targets: named, entries, targetLimit: limit, intervalMs, stateDirectory } = settings;
  const { log, known, retarget, recordChanges, looked, followPlaces } = wiring;
  const discovery: Discovery = createDiscovery(
    { named, entries, limit, intervalMs },
    {
      clock: systemClock,
      steady: steadyClock,
      timer: systemTimer,
      start: (changed) => startFinder({ entries, stateDirectory }, changed),
      digest: sha256Hex,
      stored: () => placesIn(stateDirectory),
      warn: (message, fields) => log.warn(fields, message),
      looked: () => looked(discovery),
      replace: async (targets, { came, went }, isFirst) => {
        const open = new Map(
          went.map((one) => [one, Object.keys(known().get(handoverKey(one))?.memory.open ?? {})]),
        );
        if (!(await retarget(discovery, targets))) return;
        void followPlaces({ came, went });
        const change = (which: 'vanished' | 'appeared') => (one: TargetSettings) => {
          // An open drift stays open while its target is away: it is resolved or continues when the target
          // comes back.
          const drifted = open.get(one) ?? [];
          return {
            change: which,
            target: one.name,
            workspace: one.workspace,
            owner: discovery.ownerOf(one.workspace),
            ...(drifted.length === 0 ? {} : { facets: drifted }),
          };
        };
        // Not awaited: `recordChanges` queues the records in this order, and the loop must not wait for the
        // disk.
        recordChanges([...went.map(change('vanished')), ...(isFirst ? [] : came.map(change('appeared')))]);
      },
    },
    before,
  );

  return discovery;
}
