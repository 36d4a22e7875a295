/**
 * Waits in the terminal until a try is confirmed, denied or due. Where no exporter runs, the command that
 * made the try must revert it itself.
 */
import { systemClock } from '../../host/machine.ts';
import type { HeldSignals } from '../../host/signals.ts';
import { systemTimer } from '../../host/timer.ts';
import { followMemory } from '../../undo/keep-memory.ts';
import { unconfirmedWith } from '../rollback/take-back.ts';
import type { Terminal } from '../terminal.ts';

/** How often to check whether the try was decided in another terminal, ms. */
const lookMs = 300;

/**
 * How a try was decided. `elsewhere`: by another command, or by an exporter that was started meanwhile. All
 * but `confirmed` and `elsewhere` are reasons to revert it.
 */
export type Decision = 'confirmed' | 'elsewhere' | 'no' | 'it was interrupted' | 'not confirmed in time';

/**
 * Reads the first line that the user types, or what there is of it when the input ends (Ctrl-D). Resolves to
 * undefined when the terminal can no longer be read, and never where no user can answer.
 */
function firstLine(terminal: Terminal): {
  readonly line: Promise<string | undefined>;
  readonly end: () => void;
} {
  const input = terminal.isInteractive?.() === true ? terminal.stdin?.() : undefined;
  if (input === undefined) return { line: new Promise(() => {}), end: () => {} };
  terminal.stderr.write('Keep it? [y/N] ');
  const read = async (): Promise<string | undefined> => {
    let text = '';
    for await (const chunk of input) {
      text += Buffer.from(chunk).toString('utf8');
      if (text.includes('\n') || text.length > 100) return text;
    }
    return text;
  };
  // Destroys the input, so that it does not keep the process alive.
  const end = () => ('destroy' in input && typeof input.destroy === 'function' ? input.destroy() : undefined);
  return { line: read().catch(() => undefined), end };
}

/** Waits for the decision on an id, until `by` (ms since the epoch) at the latest. */
export async function awaitDecision(
  terminal: Terminal,
  stateDirectory: string,
  id: string,
  by: number,
  { came }: Pick<HeldSignals, 'came'>,
): Promise<Decision> {
  const memoryNow = followMemory(stateDirectory);
  const { line, end } = firstLine(terminal);
  let decided: Decision | undefined;
  const decide = (decision: Decision) => {
    decided ??= decision;
  };
  void line.then((text) => {
    if (text !== undefined) decide(/^y(es)?\r?\n/i.test(text) ? 'confirmed' : 'no');
  });
  try {
    while (decided === undefined) {
      await new Promise<void>((resolve) => void systemTimer(lookMs, resolve));
      if (decided !== undefined) break;
      if (came.size > 0) decide('it was interrupted');
      else if (unconfirmedWith(await memoryNow(), { id }).length === 0) decide('elsewhere');
      else if (by <= systemClock()) decide('not confirmed in time');
    }
    return decided;
  } finally {
    end();
  }
}
