/**
 * A way back that did not work is tried again: what was promised is not forgotten because the promise was interrupted. Soon, then later and later, and at last only when a
 * person says so (decision 0136).
 */
import type { Facet } from '../catalog/facets.ts';
import type { JournalEvent } from '../drift/events.ts';
import { onlyByPerson } from '../drift/retry-text.ts';
import { isSystemError } from '../host/errors.ts';
import { eventOf, journalDirectory } from '../store/journal.ts';
import { newestLinesWith } from '../store/journal-search.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { systemReason } from '../store/state-directory.ts';

/** After how many ways back that did not work the next one is waited for how long, ms: what was interrupted is gone on with at once. */
const waitsMs = [0, 30_000, 120_000, 600_000, 1_800_000] as const;

/** When the next one is tried after so many that did not work, the last of them at `now`. */
export function retryAt(now: number, failed: number): number {
  const wait = waitsMs[failed - 1];
  return wait === undefined ? onlyByPerson : now + wait;
}

function isFailed(event: JournalEvent, id: string, facet: Facet): boolean {
  if (event.type !== 'refusal' && (event.type !== 'outcome' || event.operation !== 'rollback')) return false;
  return event.reverts === id && event.facets.includes(facet);
}

/** When the way back of a facet is tried again that has just not worked; `id` names what is taken back. */
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
    report(`how often ${id} was tried to be taken back cannot be read (${systemReason(error)})`);
    return retryAt(now(), waitsMs.length);
  }
}
