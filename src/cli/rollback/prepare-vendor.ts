/**
 * Plans the rollback of a vendor directory that differs from the approved one. Its files are restored from
 * its repository.
 */
import { factsOf } from '../../drift/model.ts';
import { repositoryOf } from '../../observe/environment/code.ts';
import type { ApprovedEntry, ApprovedRecord } from '../../store/approved/record.ts';
import type { UnrestoredEntry } from '../../undo/unrestored.ts';
import { planVendor } from '../../undo/vendor-plan.ts';
import type { Inspection } from '../inspect.ts';
import type { EntryDifference } from './request.ts';

/** The approved files of the vendor directory with their bytes, and what cannot be restored. */
export interface PreparedVendor {
  readonly entries: readonly ApprovedEntry[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly left: readonly UnrestoredEntry[];
}

/** The result where the vendor directory takes no part in the rollback. */
export const noVendor: PreparedVendor = { entries: [], contents: new Map(), left: [] };
const key = 'modules.vendor';

/** Plans the vendor directory if its digest is among the differences and the record holds no files of it. */
export async function prepareVendor(
  { observation }: Inspection,
  changes: readonly EntryDifference[],
  { entries }: Pick<ApprovedRecord, 'entries'>,
): Promise<PreparedVendor> {
  const approved = changes.find((change) => change.key === key)?.expected;
  const directory = factsOf(observation, 'modules')?.vendor?.directory;
  if (approved === undefined || directory === undefined) return noVendor;
  // A record of a replaced state (`--to`) holds the vendor files itself.
  if (entries.some(({ role }) => role === 'vendor')) return noVendor;
  const planned =
    repositoryOf('/', directory) === undefined
      ? { why: 'the code is in no git repository: recreate vendor/ with go mod vendor' }
      : await planVendor(directory, approved);
  if ('why' in planned) return { ...noVendor, left: [{ key, why: planned.why }] };
  return { ...planned, left: [] };
}
