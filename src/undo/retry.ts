/**
 * Schedules retries of a failed revert: soon at first, then less and less often, and finally only when a
 * person asks for one (decision 0136).
 */
import type { Facet } from '../catalog/facets.ts';
import type { JournalEvent } from '../drift/events.ts';
import { onlyByPerson } from '../drift/retry-text.ts';
import { isSystemError } from '../host/errors.ts';
import { eventOf, journalDirectory } from '../store/journal.ts';
import { newestLinesWith } from '../store/journal-search.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { systemReason } from '../store/state-directory.ts';

/**
 * Wait before the next revert, in ms, by the number of failed ones so far. An interrupted revert is retried
 * at once.
 */
const waitsMs = [0, 30_000, 120_000, 600_000, 1_800_000] as const;

/**
 * Returns when the next revert is tried, in ms since the epoch, after `failed` failures, the last of them at
 * `now`; {@link onlyByPerson} after the last automatic retry.
 */
export function retryAt(now: number, failed: number): number {
  const wait = waitsMs[failed - 1];
  return wait === undefined ? onlyByPerson : now + wait;
}

function isFailed(event: JournalEvent, id: string, facet: Facet): boolean {
  if (event.type !== 'refusal' && (event.type !== 'outcome' || event.operation !== 'rollback')) return false;
  return event.reverts === id && event.facets.includes(facet);
}

/**
 * Returns when the revert of rollback `id`, which has just failed for a facet, is tried again. Reports an
 * unreadable journal and then leaves the retry to a person.
 */
export async function nextRetry(
  { state, now, report }: Pick<Recorder, 'state' | 'now' | 'report'>,
  id: string,
  facet: Facet,
): Promise<number> {
  try {
    const lines = await newestLinesWith(journalDirectory(state.path), [`"${id}"`]);
    return retryAt(now(), 1 + lines.filter((line) => isFailed(eventOf(line), id, facet)).length);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    report(`the number of attempts to revert ${id} cannot be read (${systemReason(error)})`);
    return retryAt(now(), waitsMs.length);
  }
}
