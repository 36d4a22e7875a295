/** A progress bar on stderr for long work, on a terminal only. */
import type { Output, Terminal } from './terminal.ts';

export interface Progress {
  /** Shows how far the work is; `about` precedes the bar. */
  show(about: string, done: number, all: number): void;
  /** Removes the bar. */
  end(): void;
}

const noProgress: Progress = { show: () => {}, end: () => {} };

/** Delay before a bar appears, so that short work shows none. */
const patienceMs = 100;

/** Returns the bar of a terminal; a no-op if stderr is not one. */
export async function progressOn({ stderr, env }: Terminal): Promise<Progress> {
  if (stderr.isTTY !== true || env.get('TERM') === 'dumb') return noProgress;
  const { default: progress } = await import('cli-progress');
  return bar(stderr, progress);
}

function bar(stderr: Output, { SingleBar }: typeof import('cli-progress')): Progress {
  const start = performance.now();
  let shown: InstanceType<typeof SingleBar> | undefined;
  return {
    show(about, done, all) {
      if (shown === undefined) {
        if (performance.now() - start < patienceMs || all === 0) return;
        shown = new SingleBar({
          stream: stderr as unknown as NodeJS.WritableStream,
          format: '{about} [{bar}] {percentage} %',
          barsize: 30,
          barCompleteChar: '#',
          barIncompleteChar: '-',
          hideCursor: true,
          clearOnComplete: true,
        });
        shown.start(all, 0, { about });
      }
      shown.update(done, { about });
    },
    end() {
      shown?.stop();
      shown = undefined;
    },
  };
}
