/**
 * Checks on the committed baseline. Its content is untrusted: anyone who can write to the repository decides
 * it, even through a pull request.
 */
import { AppError } from '../catalog/errors.ts';
import { facets } from '../catalog/facets.ts';
import type { StoredSnapshot } from './choose-baseline.ts';
import { unsettledKey } from './entries.ts';
import type { Finding } from './model.ts';
import { withoutHostEntries } from './secret-entries.ts';
import { formatBody } from './snapshot.ts';

/** Name of the file in a workspace. */
export const committedFile = '.godrift.snapshot';

/**
 * Keys that a committed snapshot may mark as unsettled, because collectors or portable snapshots leave them
 * open. Any other mark would hide drift of keys that every observation settles.
 */
const openable: Readonly<Record<string, RegExp>> = {
  [unsettledKey('modules')]: /^modules\.(?:\*|vendor)$/,
  [unsettledKey('tools')]: /^tools\.(?:\*|[^*]+)$/,
};

/**
 * Returns the snapshot without host-only entries. Throws AppError if it marks keys as unsettled that
 * observations always settle.
 */
export function checkedCommitted(snapshot: StoredSnapshot): StoredSnapshot {
  for (const key of facets.map(unsettledKey)) {
    const open = (snapshot.entries.get(key) ?? '').split(' ').filter(Boolean);
    const forged = open.find((one) => openable[key]?.test(one) !== true);
    if (forged !== undefined)
      throw new AppError(
        'cannot use the snapshot',
        `${key} leaves ${forged} open, which every look settles: it would silence all drift there`,
        'restore it from version control, or write it anew with godrift snapshot --portable',
      );
  }
  return { ...snapshot, entries: withoutHostEntries(snapshot.entries) };
}

/** The committed baselines of another revision and of the working tree. */
export interface Comparison {
  /** The revision as the user wrote it. */
  readonly revision: string;
  readonly there: StoredSnapshot | undefined;
  readonly here: StoredSnapshot | undefined;
}

/**
 * Returns the finding that the committed baseline differs between the revision and the working tree; empty if
 * they are the same.
 */
export function editedFindings({ revision, there, here }: Comparison): readonly Finding[] {
  const body = (one: StoredSnapshot | undefined) => (one === undefined ? undefined : formatBody(one.entries));
  if (body(there) === body(here)) return [];
  const how =
    there === undefined
      ? `the working tree has a ${committedFile}, and ${revision} has none`
      : here === undefined
        ? `${committedFile} of ${revision} is gone from the working tree`
        : `${committedFile} of the working tree differs from that of ${revision}, which this check compares with`;
  return [
    {
      kind: 'drift',
      rule: 'baseline-edited',
      facet: 'context',
      level: 'patch',
      key: 'context.baseline',
      origin: { kind: 'file', path: committedFile },
      summary: how,
      repair: 'review the change of the baseline as what it is, a change of what is allowed',
    },
  ];
}

/** The finding that a baseline is required and there is none. It counts at every `--fail-on`. */
export const missingBaseline: Finding = {
  kind: 'missing',
  rule: 'baseline-missing',
  facet: 'context',
  level: 'major',
  key: 'context.baseline',
  summary: 'a baseline is required here, and there is none',
  repair: `commit what godrift snapshot --portable prints as ${committedFile}, or run godrift baseline accept --reason …`,
};
