/** Finds the approved record that a rollback request names, and reads what was approved with it. */
import { AppError } from '../../catalog/errors.ts';
import { type Entries, parseSnapshot } from '../../drift/snapshot.ts';
import { approvedBytes, type KeptRecord } from '../../store/approved/approved.ts';
import type { JournalLook } from '../../store/approved/intact.ts';
import { recordInForce, usableRecords } from '../../store/approved/named.ts';
import type { RollbackRequest } from './request.ts';

/**
 * A record as `--to` names it: an id as `baseline list` prints it, or a date or time. No text matches both.
 */
export const recordPattern = /^(?:[0-9a-f]{6,64}|\d{4}-\d\d-\d\d(?:T[\d:.]+(?:Z|[+-]\d\d:\d\d)?)?)$/;

/**
 * Finds the record that a request names; by default the one in force. Throws AppError if there is none, or
 * more than one.
 */
async function chooseRecord(
  { target, stateDirectory, to }: RollbackRequest,
  named?: JournalLook['named'],
): Promise<KeptRecord> {
  if (to === undefined) return await recordInForce(stateDirectory, target, named);
  const { records: all, left } = recordPattern.test(to)
    ? await usableRecords(stateDirectory, target, named)
    : { records: [], left: [] };
  const time = Date.parse(to);
  const found = /^[0-9a-f]+$/.test(to)
    ? all.filter(({ digest }) => digest.startsWith(to))
    : all.filter(({ record }) => record.replaced !== true && record.time <= time).slice(0, 1);
  const [kept] = found;
  if (kept !== undefined && found.length === 1) return kept;
  const unread =
    found.length === 0 && left[0] !== undefined ? ` among those that can be read (${left[0]})` : '';
  throw new AppError(
    `cannot roll ${target.name} back`,
    `${found.length === 0 ? 'no' : 'more than one'} approved record matches ${to}${unread}`,
    'see godrift baseline list',
  );
}

/** A record with the entries that were approved with it. */
export interface ApprovedState {
  readonly kept: KeptRecord;
  readonly entries: Entries;
  /** Returns the bytes with a digest. Throws AppError if they are gone or were changed. */
  readonly bytes: (digest: string) => Buffer;
}

/**
 * Reads the record that a request names. `named` lists the records that the journal knows; without it the
 * journal is read here. Throws AppError if there is no such record, or if it was changed.
 */
export async function readApprovedState(
  request: RollbackRequest,
  named?: JournalLook['named'],
): Promise<ApprovedState> {
  const kept = await chooseRecord(request, named);
  const bytes = (digest: string) => approvedBytes(request.stateDirectory, request.target, digest);
  return { kept, entries: parseSnapshot(bytes(kept.record.snapshot).toString('utf8')).entries, bytes };
}
