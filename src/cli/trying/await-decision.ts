/** Waiting in a terminal until what was tried is confirmed, denied, or due: where no exporter runs, the command that tried it keeps the promise. */
import { systemClock } from '../../host/machine.ts';
import { onFirstSignal } from '../../host/signals.ts';
import { systemTimer } from '../../host/timer.ts';
import { followMemory } from '../../undo/keep-memory.ts';
import { unconfirmedWith } from '../rollback/take-back.ts';
import type { Terminal } from '../terminal.ts';

/** How often it is looked whether somebody decided in another terminal, ms. */
const lookMs = 300;

/** `elsewhere`: another command, or an exporter that was started meanwhile. The others are reasons to take it back. */
export type Decision = 'confirmed' | 'elsewhere' | 'no' | 'it was interrupted' | 'not confirmed in time';

/** The first line that somebody types, or undefined where nobody can or the input ends. */
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
    return undefined;
  };
  // An input that nobody reads any more keeps no process.
  const end = () => ('destroy' in input && typeof input.destroy === 'function' ? input.destroy() : undefined);
  return { line: read().catch(() => undefined), end };
}

/** Waits for what has that id, until `by` (ms since the epoch) at most. */
export async function awaitDecision(
  terminal: Terminal,
  stateDirectory: string,
  id: string,
  by: number,
): Promise<Decision> {
  const memoryNow = followMemory(stateDirectory);
  const signal = onFirstSignal();
  const { line, end } = firstLine(terminal);
  let decided: Decision | undefined;
  const decide = (decision: Decision) => {
    decided ??= decision;
  };
  void signal.came.then(() => decide('it was interrupted'));
  void line.then((text) => {
    // The end of an input is no answer: whoever runs it in the background is asked by confirm.
    if (text !== undefined) decide(/^y(es)?\r?\n/i.test(text) ? 'confirmed' : 'no');
  });
  try {
    while (decided === undefined) {
      await new Promise<void>((resolve) => void systemTimer(lookMs, resolve));
      if (decided !== undefined) break;
      if (unconfirmedWith(await memoryNow(), { id }).length === 0) decide('elsewhere');
      else if (by <= systemClock()) decide('not confirmed in time');
    }
    return decided;
  } finally {
    signal.stop();
    end();
  }
}
