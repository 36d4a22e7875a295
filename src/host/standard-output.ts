/**
 * Standard output that may fail: the command finishes the work in progress, and learns at the end that its
 * output was lost.
 */

/** Output of commands. */
export interface StandardOutput {
  /** Prints, unless an earlier write failed: a truncated answer is not continued. */
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal; undefined if it is not a terminal. */
  readonly columns: number | undefined;
  /** Aborted, with the system's error, once a write has failed. */
  readonly lost: AbortSignal;
  /** Resolves once everything written has arrived, or is lost. */
  written(): Promise<void>;
}

const usualColumns = 80;

/** Wraps a stream of the process; from now on its errors are reported by `lost` only. */
export function standardOutput(stream: NodeJS.WriteStream): StandardOutput {
  const losing = new AbortController();
  let underWay = 0;
  let waiting: (() => void)[] = [];
  const settle = () => {
    for (const done of waiting) done();
    waiting = [];
  };
  const lose = (error: Error) => {
    losing.abort(error);
    settle();
  };
  stream.on('error', lose);
  return {
    write(text) {
      if (text === '' || losing.signal.aborted) return;
      underWay++;
      stream.write(text, (error) => {
        underWay--;
        if (error) lose(error);
        else if (underWay === 0) settle();
      });
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      if (!stream.isTTY) return undefined;
      // A pseudo-terminal without a size reports 0.
      return stream.columns || usualColumns;
    },
    lost: losing.signal,
    written() {
      if (underWay === 0 || losing.signal.aborted) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
