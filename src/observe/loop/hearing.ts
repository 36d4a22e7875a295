/** Whether a watching thread still hears of changes: the canary of cli/wire is changed each minute, and a thread that hears says so at once. */
import type { SchedulerPorts } from './scheduler-ports.ts';
import type { News } from './worker-messages.ts';

/** A change that is announced at all is announced within this, ms; a thread that was silent so long is deaf. */
const hearingMs = 10_000;
/** Where threads go deaf for a lasting reason (a file system without inotify), another one each minute would help nobody, ms. */
const deafAgainMs = 3_600_000;

/**
 * Asks of a thread, by what it said of its watches last, whether it is to be replaced because it did not hear of the canary's last change: once an
 * hour at most. A thread that could not make all its watches may have none of the canary, which is no sign of anything.
 */
export function hearingTest({
  canaryChanged,
  clock,
  log,
}: Pick<SchedulerPorts, 'canaryChanged' | 'clock' | 'log'>): (watch: News['watch']) => boolean {
  let replacedAt: number | undefined;
  return ({ canarySeen, failed }) => {
    const changed = canaryChanged();
    const now = clock();
    if (changed === undefined || canarySeen === undefined || failed > 0) return false;
    if (canarySeen >= changed || now - changed <= hearingMs) return false;
    if (replacedAt !== undefined && now - replacedAt < deafAgainMs) return false;
    replacedAt = now;
    const canary_last_seen = new Date(canarySeen).toISOString();
    log('warn', 'a watching thread hears no changes any more and is replaced', { canary_last_seen });
    return true;
  };
}
