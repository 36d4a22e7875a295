/** An unconfirmed rollback is reverted only where its result is unchanged. */
import { describe, expect, it } from 'vitest';
import type { EntryState } from '../../../src/host/entry-state.ts';
import type { ApprovedEntry } from '../../../src/store/approved/record.ts';
import { guardNewerChanges } from '../../../src/undo/newer-changes.ts';
import type { EntryStep } from '../../../src/undo/step.ts';

const about = { role: 'goenv', path: '/h/env', directory: '/h', name: 'env' } as const;
const file = (sha256: string): EntryState & ApprovedEntry['state'] => ({
  ...{ kind: 'file', sha256: sha256.repeat(64), size: 1 },
  ...{ mode: 0o644, uid: 1, gid: 1 },
});
const back = (before: EntryState, more: object = {}): EntryStep => ({
  ...about,
  kind: 'restore-file',
  before,
  after: file('a'),
  ...more,
});
const followed: ApprovedEntry[] = [{ ...about, state: file('b') }];

describe('the result of an unconfirmed rollback', () => {
  it('is reverted while it is unchanged', () => {
    expect(guardNewerChanges({ steps: [back(file('b'))] }, { followed })).toEqual([]);
    expect(guardNewerChanges({ steps: [] }, { followed })).toEqual([]);
  });

  it('is not reverted after a newer change, also of a name that the rollback did not change', () => {
    for (const steps of [[back(file('c'))], [back({ kind: 'absent' })], [back(file('b'), { name: 'other' })]])
      expect(guardNewerChanges({ steps }, { followed })).toEqual([
        '/h/env was changed after the unconfirmed rollback or try: reverting it would lose that change',
      ]);
  });

  it('is reverted if an older version recorded nothing about it', () => {
    expect(guardNewerChanges({ steps: [back(file('c'))] }, {})).toEqual([]);
  });
});
