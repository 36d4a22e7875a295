/**
 * Directories that a rollback laid out as a whole. No copy of their previous content is kept, so this cannot
 * be reverted (decision 0130).
 */
import { isSystemError } from '../host/errors.ts';
import { eventOf, journalDirectory } from '../store/journal.ts';
import { newestLinesWith } from '../store/journal-search.ts';
import type { Recorder } from '../store/record-exemption.ts';
import { systemReason } from '../store/state-directory.ts';
import { isTreeKind } from './step.ts';

/**
 * Returns the directories that rollback `id` laid out, according to the newest 8 MiB of the journal. Reports
 * a journal that cannot be read.
 */
export async function laidOutBy({ state, report }: Recorder, id: string): Promise<readonly string[]> {
  try {
    const lines = await newestLinesWith(journalDirectory(state.path), [`"${id}"`]);
    return lines.map(eventOf).flatMap((event) => {
      const isIt =
        event.type === 'outcome' &&
        event.operation === 'rollback' &&
        event.id === id &&
        event.result === 'applied';
      return isIt
        ? event.parts.flatMap(({ part, kind = '', path }) =>
            part === 'step' && isTreeKind(kind) ? (path ?? []) : [],
          )
        : [];
    });
  } catch (error) {
    if (!isSystemError(error)) throw error;
    report(`what rollback ${id} laid out cannot be read in the journal (${systemReason(error)})`);
    return [];
  }
}

/** Returns the sentence that such directories stay, with what to do; `undefined` where there are none. */
export function staysText(paths: readonly string[]): string | undefined {
  return paths.length === 0
    ? undefined
    : `${paths.join(', ')} ${paths.length === 1 ? 'stays' : 'stay'} as the rollback created it, because no copy of the previous content is kept: remove by hand what you do not want`;
}
