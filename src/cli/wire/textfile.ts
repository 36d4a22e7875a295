/**
 * `serve --textfile`: the metrics page as a file for the textfile collector of node_exporter, on hosts where nothing else may listen. It is replaced
 * whole, never through a link, after each look that changed something and once an interval at least, and goes at a clean stop, as the page does.
 */
import { removeOurs, writeAtomic } from '../../host/atomic.ts';
import { systemTimer } from '../../host/timer.ts';
import { systemReason } from '../../store/state-directory.ts';
import { ourTextfile } from '../../tell/reports/textfile.ts';
import { pageFile } from '../own-files.ts';

/** The collector runs as a user of its own; what stands there stands on the page too. */
const mode = 0o644;
/** Looks at many targets end one after the other: these make one file, ms. */
const debounceMs = 500;

export interface TextfilePorts {
  /** The page; undefined while it would lack a target. */
  readonly page: () => string | undefined;
  readonly intervalMs: () => number;
  /** Hears why it cannot be written, and undefined once it can. */
  readonly problem: (why: string | undefined) => void;
}

export interface Textfile {
  /** Something may have changed. */
  changed(): void;
  /** Removes the file and writes it no more. */
  stop(): Promise<void>;
}

/** Keeps the file that `target` names, or one in the directory that it names. */
export function keepTextfile(target: string, ports: TextfilePorts): Textfile {
  const file = pageFile(target);
  let writing: Promise<void> | undefined;
  let stopped = false;
  let due = false;
  let cancel = systemTimer(0, write);

  async function writeNow(): Promise<void> {
    try {
      const text = ports.page();
      // A name that was mistyped must not cost what stands there.
      if (text !== undefined) await writeAtomic(file, text, { mode, ours: ourTextfile });
      ports.problem(undefined);
    } catch (error) {
      ports.problem(`cannot write ${file}: ${systemReason(error)}`);
    }
  }

  function write(): void {
    if (stopped || writing !== undefined) return;
    due = false;
    writing = writeNow().finally(() => {
      writing = undefined;
      schedule(due ? debounceMs : ports.intervalMs());
    });
  }

  function schedule(ms: number): void {
    if (stopped) return;
    cancel();
    cancel = systemTimer(ms, write);
  }

  return {
    changed() {
      // What a write that is under way does not know comes with the next one.
      if (due) return;
      due = true;
      if (writing === undefined) schedule(debounceMs);
    },
    async stop() {
      stopped = true;
      cancel();
      await writing;
      await removeOurs(file, ourTextfile).catch((error: unknown) =>
        ports.problem(`cannot remove ${file}: ${systemReason(error)}`),
      );
    },
  };
}
