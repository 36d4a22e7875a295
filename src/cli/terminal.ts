/** Where commands read and print: the process's streams, or a test's. */
import { createColors } from 'picocolors';

export interface Output {
  write(text: string): unknown;
  readonly isTTY?: boolean;
  readonly columns?: number | undefined;
  /** Aborted once something could not be printed; what endless output waits for. */
  readonly lost?: AbortSignal;
  /** Resolves when all that was written has arrived, or is lost. */
  written?(): Promise<void>;
}

export interface Terminal {
  readonly env: ReadonlyMap<string, string>;
  readonly cwd: string;
  readonly stdout: Output;
  readonly stderr: Output;
  /** What is piped in; asked for only by commands that were told to read it. */
  readonly stdin?: () => AsyncIterable<Uint8Array>;
  /** Somebody is there who can answer a question. */
  readonly isInteractive?: () => boolean;
}

/** Colours on a terminal only, and never with NO_COLOR (https://no-color.org: any value but the empty one). */
export function colorsFor(
  terminal: Terminal,
  stream: Output = terminal.stdout,
): ReturnType<typeof createColors> {
  const refused = (terminal.env.get('NO_COLOR') ?? '') !== '' || terminal.env.get('TERM') === 'dumb';
  return createColors(stream.isTTY === true && !refused);
}
