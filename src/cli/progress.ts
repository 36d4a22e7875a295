/** A progress bar on a terminal for what may take longer than a second; elsewhere nothing. */
import type { Terminal } from './terminal.ts';

/** How far an audit is: outputs hashed, of those to be hashed. */
export interface AuditProgress {
  readonly audit?: (done: number, total: number) => void;
}

/** Runs work that may audit a cache, with a bar on stderr while it does. */
export async function withAuditProgress<T>(
  terminal: Terminal,
  audits: boolean,
  work: (progress: AuditProgress) => Promise<T>,
): Promise<T> {
  if (!audits) return await work({});
  if (terminal.stderr.isTTY !== true) return await work({ audit: () => {} });
  const { default: progress } = await import('cli-progress');
  const bar = new progress.SingleBar(
    {
      format: 'auditing the build cache {bar} {value}/{total} outputs, {eta_formatted} left',
      clearOnComplete: true,
      hideCursor: null,
    },
    progress.Presets.shades_classic,
  );
  let started = false;
  try {
    return await work({
      audit: (done, total) => {
        if (total === 0) return;
        if (!started) bar.start(total, done);
        started = true;
        bar.update(done);
      },
    });
  } finally {
    if (started) bar.stop();
  }
}
