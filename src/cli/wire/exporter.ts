/**
 * What `godrift serve` consists of. Its parts come into being one after the other, and whoever asks meanwhile (the socket answers from the moment
 * at which it is the lock) finds those that are there.
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
import type { KnownAsks } from '../../undo/alerts/known-asks.ts';
import type { MemoryKeeper } from '../../undo/keep-memory.ts';
import type { ExporterAudits } from '../audits.ts';
import type { RunningLoop } from '../running-loop.ts';
import type { Settings } from '../settings/settings.ts';
import type { Canary } from './canary.ts';
import type { followDirectories } from './gone-targets.ts';
import type { KeptFile } from './kept-file.ts';
import type { StatusFiles } from './status-files.ts';
import type { ToldAccepts } from './told-accepts.ts';

/** Why nothing can be done yet: what records it is not there. */
export const stillStarts = 'the exporter still starts';

/** What there is before the first look: what records, what reads the record, and the audits. */
export interface Parts {
  readonly store: Store;
  /** Undefined while nothing can be recorded. */
  outbox: Outbox | undefined;
  /** Undefined as well where none is configured. */
  eventLog: EventLog | undefined;
  readonly secretKey: Uint8Array;
  readonly emitter: Emitter;
  readonly goFolders: GoFolders | undefined;
  readonly accepts: ToldAccepts;
  readonly audits: ExporterAudits;
  /** The go commands of the host, for targets that ask for them. */
  readonly builds: BuildTable;
  /** What is remembered of rollbacks. */
  readonly rollbacks: MemoryKeeper;
  readonly chain: ChainWatch;
  /** Which alerts asked, by the lines of the journal. Rejects where it cannot be read. */
  asked: () => Promise<KnownAsks>;
  readonly followPlaces: ReturnType<typeof followDirectories>;
  readonly canary: Canary;
  /** Writes what could not be written before; called at each pass. */
  readonly recover: () => Promise<void>;
}

/** Asks whether a target is observed at this moment, or is about to be. */
export function observedBy(exporter: Exporter): (target: TargetName) => boolean {
  let known = new Set<string>();
  let lists: readonly unknown[] = [];
  return (target) => {
    const now = [exporter.discovery, exporter.coming].map((one) => one?.targets() ?? none);
    // A list is another one whenever something in it is: so many are asked for after one another.
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
  /** The discovery of a configuration that is being put in force: its targets are read already. */
  coming?: Discovery | undefined;
  loop?: RunningLoop;
  /** The page as a file; undefined where none is asked for. */
  textfile?: KeptFile | undefined;
  /** What prompts read of the targets. */
  statusFiles?: StatusFiles;
  /** What the admin listener refused; undefined where there is none. */
  adminRefusals?: ExporterState['adminRefusals'];
  /** Called whenever more is remembered of rollbacks. */
  remembered?: () => void;
  stopping: boolean;
}
