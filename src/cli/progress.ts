/** A bar on stderr while long work lasts, on a terminal only; pipes and logs see nothing of it. */
import type { Output, Terminal } from './terminal.ts';

export interface Progress {
  /** Says how far the work is; `about` is in front of the bar. */
  show(about: string, done: number, all: number): void;
  /** Takes the bar away. */
  end(): void;
}

const noProgress: Progress = { show: () => {}, end: () => {} };

/** Long enough that short work shows no bar at all. */
const patienceMs = 100;

/** The bar of a terminal; none where stderr is none. */
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
