/** The streams and environment of a command: the process's own, or a test's. */
import { createColors } from 'picocolors';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  /** Aborted once a write failed; endless output waits for it. */
  readonly lost?: AbortSignal;
  /** Resolves when everything written has arrived or is lost. */
  written?(): Promise<void>;
}

export interface Terminal {
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Standard input; opened only by commands that were told to read it. */
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  /** Reports whether a user can answer questions. */
  readonly isInteractive?: () => boolean;
}

/**
 * Returns the colours for a stream: on a terminal only, and never with NO_COLOR (https://no-color.org: any
 * value but the empty one).
 */
export function colorsFor(
  terminal: Terminal,
  stream: Output = terminal.stdout,
): ReturnType<typeof createColors> {
  const refused = (terminal.env.get('NO_COLOR') ?? '') !== '' || terminal.env.get('TERM') === 'dumb';
  return createColors(stream.isTTY === true && !refused);
}
