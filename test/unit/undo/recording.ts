/** A state directory with its journal for tests of rollbacks: opened for a piece of work, and read afterwards. */
import path from 'node:path';
import { expect } from 'vitest';
import { readJournal, verifyJournal } from '../../../src/store/journal.ts';
import { openStore } from '../../../src/store/open.ts';
import type { Recorder } from '../../../src/store/record-exemption.ts';
import { noon } from '../tell/states.ts';

/** Who asks for every rollback of these tests. */
export const asked = { who: 'ann', mode: 'manual', trigger: 'cli' } as const;
/** The drift that is answered. */
export const trace = { traceId: 'a'.repeat(32), parentSpanId: 'b'.repeat(16) };
let ids = 0;
/** Signs with ids that count. */
export const signature = {
  resource: { 'service.name': 'godrift' },
  version: '1',
  randomId: (bytes: number) => (++ids).toString(16).padStart(2 * bytes, '0'),
};

/** Opens a state directory for `work`. */
export async function recording<T>(directory: string, work: (recorder: Recorder) => Promise<T>): Promise<T> {
  const store = await openStore(directory, { now: () => noon });
  if ('busy' in store) throw new Error(store.why);
  const journal = store.journal();
  if (journal === undefined) throw new Error('no journal');
  try {
    return await work({ state: store.state, journal, now: () => noon, report: () => {} });
  } finally {
    await store.close();
  }
}

/** Every line of the journal, which must verify. */
export async function lines(directory: string) {
  const journal = path.join(directory, 'journal');
  expect((await verifyJournal(journal)).ok).toBe(true);
  const found: Readonly<Record<string, unknown>>[] = [];
  for await (const { record } of readJournal(journal)) found.push(record);
  return found;
}
