/**
 * Detects threads that no longer receive file events. The canary file of cli/wire is changed every minute; a
 * working thread reports the change at once.
 */
import type { SchedulerPorts } from './scheduler-ports.ts';
import type { News } from './worker-messages.ts';

/** Longest time that a delivered event takes, ms; a thread that is silent for longer is deaf. */
const hearingMs = 10_000;
/**
 * Shortest time between two replacements, ms. If events are missing for a lasting reason (a file system
 * without inotify), replacing a thread every minute would not help.
 */
const deafAgainMs = 3_600_000;

/**
 * Returns a predicate that reports whether a thread should be replaced because its last watch status shows
 * that it missed the last change of the canary. True at most once an hour. A thread that failed to create
 * some watches is never deaf: the watch of the canary may be among the missing ones.
 */
export function createDeafnessTest({
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
