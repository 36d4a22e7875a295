/** Keeps `status/<target>` of the state directory true while the exporter runs; the files go at a clean stop. */
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

/** The files of an exporter. */
export interface StatusFiles {
  /** Something may have changed. */
  readonly changed: () => void;
  /** Removes them, and writes no more. */
  readonly stop: () => Promise<void>;
}

/** What a prompt shows of a target. A journal that was changed goes before every drift: what a level is measured against is known by its lines, and no rollback is made by them. */
function statusWord(
  { readable, level }: Pick<TargetState, 'readable' | 'level'>,
  isIntact: boolean | undefined,
): StatusWord {
  if (isIntact === false) return 'journal';
  if (!readable.ok) return 'unknown';
  return level === 'none' ? 'ok' : level;
}

/** `states`: every target that was looked at; `isIntact`: whether the chain of the journal holds, undefined while that is not known. A file is written only when it says something else than before. */
export function keepStatusFiles(
  { state, writable }: Pick<Store, 'state' | 'writable'>,
  states: () => readonly TargetState[],
  isIntact: () => boolean | undefined,
): StatusFiles {
  const serial = createSerial();
  const keeper = keeperLine();
  /** Name → what stands there. Undefined before the first time: then nobody knows. */
  let written: Map<string, string> | undefined;
  let isDue = false;
  let stopped = false;

  async function write(): Promise<void> {
    isDue = false;
    // The next look tries again.
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
      // Looks at many targets end one after the other: what waits for its turn tells of all of them.
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
