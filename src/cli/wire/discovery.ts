/** Discovery, wired: its thread, and the loop that gets another list of targets. */
import { sha256Hex } from '../../host/digest.ts';
import { steadyClock, systemClock } from '../../host/machine.ts';
import { startThread } from '../../host/threads.ts';
import { systemTimer } from '../../host/timer.ts';
import { createDiscovery, type Discovery, type FinderHandle } from '../../observe/discovery/discovery.ts';
import type { Expansion } from '../../observe/discovery/entries.ts';
import { createFinder, type FinderSetup, type Question } from '../../observe/discovery/finder.ts';
import { type Handover, handoverKey } from '../../observe/loop/handover.ts';
import type { TargetSettings } from '../../observe/target.ts';
import { placesIn } from '../../store/gone.ts';
import type { Logger } from '../../tell/log.ts';
import type { Settings } from '../settings/settings.ts';
import type { Difference } from './gone-targets.ts';
import type { Telling } from './report-target-changes.ts';

export interface DiscoveryWiring {
  readonly log: Logger;
  /** What is known of the targets now. */
  readonly known: () => Handover['targets'];
  /** Gives the loop another list of targets, unless this discovery is not in force any more. */
  readonly retarget: (discovery: Discovery, targets: readonly TargetSettings[]) => Promise<boolean>;
  readonly tell: Telling['tell'];
  /** Called when what a look of a running discovery found is in force. */
  readonly looked: (discovery: Discovery) => Promise<void>;
  /** Notes who has a place at the next start. */
  readonly followPlaces: (difference: Difference) => Promise<void>;
}

/** Heap of the thread in MiB: twenty thousand names take a few. */
const heapMb = 128;

function startFinder(setup: FinderSetup, changed: () => void): FinderHandle {
  const thread = startThread('discovery', { data: setup, onTell: changed, heapMb });
  if (thread !== undefined) {
    const ask = (what: Question['what']) => (observed: readonly string[]) =>
      thread.run<Question, readonly Expansion[]>({ what, observed });
    return { find: ask('find'), places: ask('places'), stop: thread.stop };
  }
  const finder = createFinder(setup, changed);
  return {
    find: async (observed) => finder.find(observed),
    places: async (observed) => finder.places(observed),
    stop: async () => finder.close(),
  };
}

/** The discovery of a configuration; `before` is the one that it takes the place of. */
export function wireDiscovery(settings: Settings, wiring: DiscoveryWiring, before?: Discovery): Discovery {
  const { targets: named, entries, targetLimit: limit, intervalMs, stateDirectory } = settings;
  const { log, known, retarget, tell, looked, followPlaces } = wiring;
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
          // A drift that is open stays open: it is resolved, or goes on, when the target comes back.
          const drifted = open.get(one) ?? [];
          return {
            change: which,
            target: one.name,
            workspace: one.workspace,
            owner: discovery.ownerOf(one.workspace),
            ...(drifted.length === 0 ? {} : { facets: drifted }),
          };
        };
        // In their order, and nobody waits for the disk.
        tell([...went.map(change('vanished')), ...(isFirst ? [] : came.map(change('appeared')))]);
      },
    },
    before,
  );

  return discovery;
}
