/**
 * The process that the fault tests kill, starve or lock out: `node writer.mjs <mode> <state directory>`.
 * Bundled by the test, so that it is plain JavaScript for the oldest Node that is supported.
 *
 * append: takes the lock, then appends for ever; prints `held`, then each acknowledged number. fill: appends
 * until it fails, prints what failed, waits for a line on stdin, then appends once more. append-all: appends
 * forty records, even if some fail, and closes the store; prints each number or problem. serve-once: makes
 * the writes of a start in a directory that is not writable; prints each outcome.
 */
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import path from 'node:path';
import {
  emptyTarget,
  loadTargetState,
  saveTargetState,
  targetStateSchema,
} from '../../src/store/baselines.ts';
import { writeCursor } from '../../src/store/cursor.ts';
import { appendJournal, journalHead, openJournal } from '../../src/store/journal.ts';
import { openStore } from '../../src/store/open.ts';
import { openSecretKey } from '../../src/store/secret-key.ts';

const [mode = '', directory = ''] = process.argv.slice(2);
const say = (what: unknown) => process.stdout.write(`${JSON.stringify(what)}\n`);
const now = () => Date.now();

const options = { now, segmentBytes: 20_000 };
const store = await openStore(directory, options);
if ('busy' in store) {
  say({ refused: 'busy' });
  process.exit(3);
}
const { state } = store;
const journal = store.journal() ?? (await openJournal(state, options));

if (mode === 'append') {
  say('held');
  for (let at = 0; ; at++) {
    const record = { type: 'drift', at, padding: 'x'.repeat(at % 3000) } as const;
    const appended = await appendJournal(journal, record);
    if (appended.ok) process.stdout.write(`${appended.value.seq} ${appended.value.hash}\n`);
    if (at % 7 === 0) await saveTargetState(state, 'api', { ...emptyTarget('api'), lastChange: { at } });
  }
}

if (mode === 'append-all') {
  for (let at = 0; at < 40; at++) {
    const record = { type: 'drift', at, padding: 'x'.repeat(at * 10) } as const;
    const appended = await appendJournal(journal, record);
    say(appended.ok ? appended.value : { problem: appended.problem });
    await saveTargetState(state, 'api', { ...emptyTarget('api'), lastChange: { at } });
  }
  await store.close();
  process.exit(0);
}

if (mode === 'fill') {
  await saveTargetState(state, 'api', { ...emptyTarget('api'), lastChange: { at: 1 } });
  const record = { type: 'drift', padding: 'x'.repeat(3000) } as const;
  let failed = await appendJournal(journal, record);
  while (failed.ok) failed = await appendJournal(journal, record);
  // Frees less space than the next file needs: write(2) then returns a
  // short count before it fails with ENOSPC.
  await rm(path.join(directory, 'lost+found/room'));
  const large = { ...emptyTarget('api'), lastFingerprints: { env: 'y'.repeat(100_000) } };
  const saved = await saveTargetState(state, 'api', large);
  const kept = await loadTargetState(state, 'api', targetStateSchema, now());
  say({ failed, saved, kept, head: journalHead(journal), errors: state.errors, writable: state.writable });
  await once(process.stdin, 'data');
  say({ again: await appendJournal(journal, { type: 'alert' }), writable: state.writable });
  process.exit(0);
}

if (mode === 'serve-once') {
  const append = await appendJournal(journal, { type: 'alert' });
  const saved = await saveTargetState(state, 'api', emptyTarget('api'));
  const cursor = await writeCursor(state, 'otlp', journalHead(journal));
  const { persisted } = await openSecretKey(state, now());
  say({
    lock: store.unheld() === undefined ? 'held' : 'unavailable',
    append,
    saved,
    cursor,
    persisted,
    errors: state.errors,
    writable: state.writable,
    head: journalHead(journal),
  });
  process.exit(0);
}
