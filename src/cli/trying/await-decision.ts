/** Waiting in a terminal until what was tried is confirmed, denied, or due: where no exporter runs, the command that tried it keeps the promise. */
import { systemClock } from '../../host/machine.ts';
import type { HeldSignals } from '../../host/signals.ts';
import { systemTimer } from '../../host/timer.ts';
import { followMemory } from '../../undo/keep-memory.ts';
import { unconfirmedWith } from '../rollback/take-back.ts';
import type { Terminal } from '../terminal.ts';

/** How often it is looked whether somebody decided in another terminal, ms. */
const lookMs = 300;

/** `elsewhere`: another command, or an exporter that was started meanwhile. The others are reasons to take it back. */
export type Decision = 'confirmed' | 'elsewhere' | 'no' | 'it was interrupted' | 'not confirmed in time';

/** The first line that somebody types, or what there is of it where the input is ended (Ctrl-D); undefined where nobody can answer, or the terminal cannot be read any more. */
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
