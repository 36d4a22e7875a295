/**
 * A file that others read while an exporter runs: the metrics page for node_exporter (`--textfile`), where it is scraped for Prometheus (`--file-sd`).
 * It is replaced whole, never through a link, when it changed and once an interval at least, and goes at a clean stop, as what it tells of does.
 */
import { type Ours, removeOurs, writeAtomic } from '../../host/atomic.ts';
import { systemTimer } from '../../host/timer.ts';
import { systemReason, writeReason } from '../../store/state-directory.ts';

/** Who reads it runs as a user of its own; what stands there is told by the listener too. */
const mode = 0o644;
/** Looks at many targets end one after the other: these make one file, ms. */
const debounceMs = 500;

export interface KeptFilePorts {
  /** What it holds; undefined while that is not whole. */
  readonly text: () => string | undefined | Promise<string>;
  readonly intervalMs: () => number;
  /** Hears why it cannot be written, and undefined once it can. */
  readonly problem: (why: string | undefined) => void;
}

export interface KeptFile {
  /** Something may have changed. */
  changed(): void;
  /** Removes the file and writes it no more. */
  stop(): Promise<void>;
}

/** Keeps a file; `ours` tells it from those of others, which stay. */
export function keepFile(file: string, ours: Ours, ports: KeptFilePorts): KeptFile {
  let writing: Promise<void> | undefined;
  let stopped = false;
  let due = false;
  let cancel = systemTimer(0, write);

  async function writeNow(): Promise<void> {
    try {
      const text = await ports.text();
      // A name that was mistyped must not cost what stands there.
      if (text !== undefined) await writeAtomic(file, text, { mode, ours });
      ports.problem(undefined);
    } catch (error) {
      ports.problem(`cannot write ${file}: ${writeReason(error, file)}`);
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
      await removeOurs(file, ours).catch((error: unknown) =>
        ports.problem(`cannot remove ${file}: ${systemReason(error)}`),
      );
    },
  };
}
