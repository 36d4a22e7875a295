/** Standard output that may fail: whoever prints goes on to the end of what is under way, and learns there that nobody has read it. */

/** What commands print to. */
export interface StandardOutput {
  /** Prints, unless something could not be printed before: half an answer gets no end. */
  write(text: string): void;
  readonly isTTY: boolean;
  /** Width of the terminal; undefined where it is none. */
  readonly columns: number | undefined;
  /** Aborted, with the system's error, once something could not be printed. */
  readonly lost: AbortSignal;
  /** Resolves when all that was written has arrived, or is lost. */
  written(): Promise<void>;
}

const usualColumns = 80;

/** Wraps a stream of the process, whose errors are from now on told by `lost` alone. */
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
      // A pseudo-terminal that nobody gave a size says 0.
      return stream.columns || usualColumns;
    },
    lost: losing.signal,
    written() {
      if (underWay === 0 || losing.signal.aborted) return Promise.resolve();
      return new Promise((resolve) => waiting.push(resolve));
    },
  };
}
