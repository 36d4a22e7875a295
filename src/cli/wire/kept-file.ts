/**
 * Keeps a file up to date for other programs while an exporter runs: the metrics page for node_exporter
 * (`--textfile`) and the scrape address for Prometheus (`--file-sd`). The file is replaced atomically, never
 * through a symlink, after each change and at least once an interval. A clean stop removes it.
 */
import { type Ours, removeOurs, writeAtomic } from '../../host/atomic.ts';
import { systemTimer } from '../../host/timer.ts';
import { systemReason, writeReason } from '../../store/state-directory.ts';

/** Readable by all: its readers run as other users, and the listener serves the same content to anybody. */
const mode = 0o644;
/** Passes over many targets end one after the other; the changes within this time (ms) make one write. */
const debounceMs = 500;

/** What a kept file needs. */
export interface KeptFilePorts {
  /** Returns the content; undefined while it is incomplete, which leaves the file as it is. */
  readonly text: () => string | undefined | Promise<string>;
  readonly intervalMs: () => number;
  /** Called after each write with the reason why it failed, or with undefined if it succeeded. */
  readonly problem: (why: string | undefined) => void;
}

/** A file that is kept up to date. */
export interface KeptFile {
  /** Schedules a write, since the content may have changed. */
  changed(): void;
  /** Waits for the write under way, then removes the file for good. */
  stop(): Promise<void>;
}

/** Starts to keep a file; `ours` recognises files that godrift wrote, and any other file is left alone. */
export function keepFile(file: string, ours: Ours, ports: KeptFilePorts): KeptFile {
  let writing: Promise<void> | undefined;
  let stopped = false;
  let due = false;
  let cancel = systemTimer(0, write);

  async function writeNow(): Promise<void> {
    try {
      const text = await ports.text();
      // `ours` guards against a mistyped path: another program's file must not be overwritten.
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
      // The write under way may have read its text already, so that another one follows it.
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
