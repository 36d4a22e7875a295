/**
 * Keeps the files `status/<target>` of the state directory up to date while the exporter runs. A clean stop
 * removes them.
 */
import type { TargetState } from '../../drift/state.ts';
import { createSerial } from '../../host/serial.ts';
import {
  keeperLine,
  removeStatus,
  type StatusWord,
  statusName,
  statusText,
  writeStatus,
} from '../../store/status-files.ts';
import type { Store } from '../../store/store.ts';

/** The status files of an exporter. */
export interface StatusFiles {
  /** Schedules a write, since a status may have changed. */
  readonly changed: () => void;
  /** Removes the files for good. */
  readonly stop: () => Promise<void>;
}

/**
 * Returns the word that a prompt shows for a target. An altered journal takes precedence over every drift:
 * the baseline of a level comes from its lines, and no rollback trusts them.
 */
function statusWord(
  { readable, level }: Pick<TargetState, 'readable' | 'level'>,
  isIntact: boolean | undefined,
): StatusWord {
  if (isIntact === false) return 'journal';
  if (!readable.ok) return 'unknown';
  return level === 'none' ? 'ok' : level;
}

/**
 * Creates the keeper of the status files. `states` returns the observed targets; `isIntact` returns whether
 * the journal's hash chain holds, undefined while unknown. A file is written only if its content changes.
 */
export function keepStatusFiles(
  { state, writable }: Pick<Store, 'state' | 'writable'>,
  states: () => readonly TargetState[],
  isIntact: () => boolean | undefined,
): StatusFiles {
  const serial = createSerial();
  const keeper = keeperLine();
  /**
   * File name → content, as written by this process. Undefined before the first write, when the files are
   * unknown.
   */
  let written: Map<string, string> | undefined;
  let isDue = false;
  let stopped = false;

  async function write(): Promise<void> {
    isDue = false;
    // The next pass tries again.
    if (stopped || !writable()) return;
    const wanted = new Map(
      states().map(
        (one) => [statusName(one.target), statusText(statusWord(one, isIntact()), keeper)] as const,
      ),
    );
    const before = written;
    written ??= new Map();
    for (const [name, text] of wanted)
      if (before?.get(name) !== text && (await writeStatus(state, name, text)).ok) written.set(name, text);
    if (before === undefined || [...before.keys()].some((name) => !wanted.has(name))) {
      await removeStatus(state, new Set(wanted.keys()));
      written = new Map([...written].filter(([name]) => wanted.has(name)));
    }
  }

  return {
    changed: () => {
      // Passes over many targets end one after the other: one waiting write covers all of them.
      if (isDue || stopped) return;
      isDue = true;
      void serial(write);
    },
    stop: async () => {
      stopped = true;
      await serial(async () => {
        if (writable()) await removeStatus(state, new Set());
      });
    },
  };
}
