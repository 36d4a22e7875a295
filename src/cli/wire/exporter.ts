/**
 * The parts of `godrift serve`. They are created one after the other, while the admin socket, which is also
 * the lock, already answers: a call during the start finds only the parts that exist so far.
 */
import type { ExporterState } from '../../drift/state.ts';
import type { Emitter } from '../../drift/transition.ts';
import type { BuildTable } from '../../host/build-table.ts';
import type { Discovery } from '../../observe/discovery/discovery.ts';
import type { ChainWatch } from '../../store/chain-watch.ts';
import type { GoFolders } from '../../store/go-folders.ts';
import { storeKey, type TargetName } from '../../store/peek.ts';
import type { Store } from '../../store/store.ts';
import type { EventLog } from '../../tell/events/event-log.ts';
import type { Logger } from '../../tell/log.ts';
import type { Outbox } from '../../tell/outbox/outbox.ts';
import type { History } from '../../tell/status/history.ts';
import type { EarlierRequests } from '../../undo/alerts/earlier-requests.ts';
import type { MemoryKeeper } from '../../undo/keep-memory.ts';
import type { ExporterAudits } from '../audits.ts';
import type { RunningLoop } from '../running-loop.ts';
import type { Settings } from '../settings/settings.ts';
import type { Canary } from './canary.ts';
import type { followDirectories } from './gone-targets.ts';
import type { KeptFile } from './kept-file.ts';
import type { RecordedAccepts } from './recorded-accepts.ts';
import type { StatusFiles } from './status-files.ts';

/** The answer to a call that needs a part which does not exist yet. */
export const stillStarts = 'the exporter is still starting';

/** The parts that exist before the first pass: the store, the readers of its journal and the audits. */
export interface Parts {
  readonly store: Store;
  /** The queue of spans; undefined while nothing can be recorded. */
  outbox: Outbox | undefined;
  /** Undefined while nothing can be recorded, and if none is configured. */
  eventLog: EventLog | undefined;
  readonly secretKey: Uint8Array;
  readonly emitter: Emitter;
  readonly goFolders: GoFolders | undefined;
  readonly accepts: RecordedAccepts;
  readonly audits: ExporterAudits;
  /** The `go` commands that run on the host, for targets whose environment is that of a build. */
  readonly builds: BuildTable;
  /** The memory of rollbacks, read from the journal. */
  readonly rollbacks: MemoryKeeper;
  readonly chain: ChainWatch;
  /**
   * Resolves to the alerts that requested rollbacks, as journalled. Rejects if the journal cannot be read.
   */
  asked: () => Promise<EarlierRequests>;
  readonly followPlaces: ReturnType<typeof followDirectories>;
  readonly canary: Canary;
  /** Retries failed writes and opens the readers that could not be opened before; called at each pass. */
  readonly recover: () => Promise<void>;
}

/**
 * Returns a function that reports whether a target is observed now or will be once the reload under way is
 * complete.
 */
export function observedBy(exporter: Exporter): (target: TargetName) => boolean {
  let known = new Set<string>();
  let lists: readonly unknown[] = [];
  return (target) => {
    const now = [exporter.discovery, exporter.coming].map((one) => one?.targets() ?? none);
    // A list with any change is a new array: comparing identities spares a new set for each of many calls.
    if (now.some((list, index) => list !== lists[index])) {
      lists = now;
      known = new Set(now.flat().map(storeKey));
    }
    return known.has(storeKey(target));
  };
}

const none: readonly TargetName[] = [];

/** An exporter that starts, runs or stops. */
export interface Exporter {
  readonly log: Logger;
  readonly history: History;
  /** Whether the newest configuration is the one in force, and since when, ms. */
  readonly config: { ok: boolean; loadedAt: number };
  /** The configuration in force. */
  settings: Settings;
  parts?: Parts;
  discovery?: Discovery;
  /** The discovery of a configuration that a reload is putting in force; its targets are known already. */
  coming?: Discovery | undefined;
  loop?: RunningLoop;
  /** The metrics page as a file; undefined if none is configured. */
  textfile?: KeptFile | undefined;
  /** The files from which shell prompts read the status of the targets. */
  statusFiles?: StatusFiles;
  /** Counts of the calls that the admin listener refused; undefined if there is none. */
  adminRefusals?: ExporterState['adminRefusals'];
  /** Called whenever the memory of rollbacks changes. */
  remembered?: () => void;
  stopping: boolean;
}
