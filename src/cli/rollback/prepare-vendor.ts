/** A vendor directory that is another one than was approved, as entries that a rollback can put back from its repository. */
import { factsOf } from '../../drift/model.ts';
import { repositoryOf } from '../../observe/environment/code.ts';
import type { ApprovedEntry, ApprovedRecord } from '../../store/approved/record.ts';
import type { Left } from '../../undo/left.ts';
import { planVendor } from '../../undo/vendor-plan.ts';
import type { Inspection } from '../inspect.ts';
import type { Difference } from './request.ts';

/** Files of the vendor directory as they were, with their bytes; and what stays. */
export interface PreparedVendor {
  readonly entries: readonly ApprovedEntry[];
  readonly contents: ReadonlyMap<string, Uint8Array>;
  readonly left: readonly Left[];
}

/** Where it is not asked about. */
export const noVendor: PreparedVendor = { entries: [], contents: new Map(), left: [] };
const key = 'modules.vendor';

/** Looks at the vendor directory where its digest is among what differs, and the record itself has nothing of it. */
export async function prepareVendor(
  { observation }: Inspection,
  changes: readonly Difference[],
  { entries }: Pick<ApprovedRecord, 'entries'>,
): Promise<PreparedVendor> {
  const approved = changes.find((change) => change.key === key)?.expected;
  const directory = factsOf(observation, 'modules')?.vendor?.directory;
  if (approved === undefined || directory === undefined) return noVendor;
  // What a rollback replaced there is in its record.
  if (entries.some(({ role }) => role === 'vendor')) return noVendor;
  const planned =
    repositoryOf('/', directory) === undefined
      ? { why: 'the code is in no repository: go mod vendor makes it anew' }
      : await planVendor(directory, approved);
  if ('why' in planned) return { ...noVendor, left: [{ key, why: planned.why }] };
  return { ...planned, left: [] };
}
