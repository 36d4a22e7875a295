/**
 * A spinner for work that takes longer than a second: on stderr, on a terminal only, removed when the work is
 * done.
 */
import type { Output } from './terminal.ts';

const frames = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const frameMs = 80;

/**
 * Runs the work. After `afterMs` ms a spinner with the text `what` appears; as a function, `what` may change
 * its text.
 */
export async function withSpinner<T>(
  output: Output,
  what: string | (() => string),
  work: () => Promise<T>,
  afterMs = 1_000,
): Promise<T> {
  if (output.isTTY !== true) return await work();
  let frame = 0;
  let timer = setTimeout(function show() {
    output.write(`\r${frames[frame++ % frames.length]} ${typeof what === 'string' ? what : what()}\u001b[K`);
    timer = setTimeout(show, frameMs);
  }, afterMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
    if (frame > 0) output.write('\r\u001b[K');
  }
}
