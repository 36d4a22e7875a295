import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readCursor, writeCursor } from '../../../src/store/cursor.ts';
import {
  appendJournal,
  closeJournal,
  genesis,
  type Journal,
  type JournalHead,
  openJournal,
} from '../../../src/store/journal.ts';
import type { StateDirectory } from '../../../src/store/state-directory.ts';
import { noon, scratchState } from './scratch.ts';

/** Writes a journal of `count` lines, one or two per segment. Returns it with the head after each line. */
async function journalOf(
  state: StateDirectory,
  count: number,
): Promise<{ journal: Journal; heads: JournalHead[] }> {
  const journal = await openJournal(state, { now: () => noon, segmentBytes: 300 });
  onTestFinished(() => closeJournal(journal));
  const heads: JournalHead[] = [];
  for (let at = 0; at < count; at++) {
    const appended = await appendJournal(journal, { type: 'alert' });
    if (appended.ok) heads.push(appended.value);
  }
  return { journal, heads };
}

test('a cursor is stored and read back; a new cursor stands before the first line', async () => {
  const state = await scratchState();
  expect(await readCursor(state, 'otlp', noon)).toEqual({ cursor: genesis, owed: false });
  const { heads } = await journalOf(state, 5);
  expect(await readCursor(state, 'otlp', noon)).toEqual({ cursor: genesis, owed: false });
  for (const head of heads) {
    expect(await writeCursor(state, 'otlp', head)).toMatchObject({ ok: true });
    expect(await readCursor(state, 'otlp', noon)).toEqual({ cursor: head, owed: true });
  }
  expect(await readCursor(state, 'other', noon)).toEqual({ cursor: genesis, owed: false });
});

test('a cursor that only followed the end of the journal owes no delivery', async () => {
  const state = await scratchState();
  const { heads } = await journalOf(state, 2);
  const [first = genesis] = heads;
  await writeCursor(state, 'otlp', first, true);
  expect(await readCursor(state, 'otlp', noon)).toEqual({ cursor: first, owed: false });
  await writeCursor(state, 'otlp', first);
  expect(await readCursor(state, 'otlp', noon)).toEqual({ cursor: first, owed: true });
});

test('a cursor past the end is set to the last line, and the correction is reported', async () => {
  const state = await scratchState();
  const { heads } = await journalOf(state, 3);
  await writeCursor(state, 'otlp', { seq: 9, hash: 'a'.repeat(64) });
  expect(await readCursor(state, 'otlp', noon)).toEqual({
    cursor: heads[2],
    owed: true,
    healed: 'cursor otlp was at line 9, past the last one (3)',
  });
});

test('a cursor in a pruned segment is set before the oldest line, and the lost lines are reported', async () => {
  const state = await scratchState();
  const { journal, heads } = await journalOf(state, 6);
  await writeCursor(state, 'otlp', heads[0] as JournalHead);
  const [oldest = '', second = ''] = (await readdir(journal.directory)).sort();
  await rm(path.join(journal.directory, oldest));
  const first = Number(second.slice(8, 20));
  expect(await readCursor(state, 'otlp', noon)).toEqual({
    cursor: heads[first - 2],
    owed: true,
    healed: `cursor otlp: lines 2 to ${first - 1} were removed before it passed them`,
  });
  // A cursor that never existed has lost no lines.
  expect(await readCursor(state, 'new', noon)).toEqual({ cursor: heads[first - 2], owed: false });
});

test('a cursor whose digest differs from the journal repeats its segment', async () => {
  const state = await scratchState();
  const { heads } = await journalOf(state, 5);
  await writeCursor(state, 'otlp', { seq: 4, hash: 'b'.repeat(64) });
  const { cursor, healed } = await readCursor(state, 'otlp', noon);
  expect(cursor.seq).toBeLessThan(4);
  expect(cursor).toEqual(heads[cursor.seq - 1]);
  expect(healed).toContain('are repeated');
});

test('a damaged cursor is moved aside, and all lines are repeated', async () => {
  for (const damage of [
    '',
    '{"schema":1,"seq":3',
    '{"schema":0,"seq":3,"hash":""}',
    '{"schema":1,"seq":-1,"hash":"x"}',
  ]) {
    const state = await scratchState();
    const { heads } = await journalOf(state, 3);
    await writeCursor(state, 'otlp', heads[2] as JournalHead);
    const file = path.join(state.path, 'cursors', 'otlp.json');
    await writeFile(file, damage);
    const { cursor, healed } = await readCursor(state, 'otlp', noon);
    expect(cursor).toEqual(genesis);
    expect(healed).toContain('moved to');
    expect(await readFile(`${file}.corrupt-${noon}`, 'utf8')).toBe(damage);
  }
});

test('a cursor of a newer version is refused and left alone, so that no line is delivered twice', async () => {
  const state = await scratchState();
  const { heads } = await journalOf(state, 3);
  await writeCursor(state, 'otlp', heads[2] as JournalHead);
  const file = path.join(state.path, 'cursors', 'otlp.json');
  const text = '{"schema":2,"at":{"seq":3}}';
  await writeFile(file, text);
  await expect(readCursor(state, 'otlp', noon)).rejects.toThrow('a newer godrift');
  expect(await readFile(file, 'utf8')).toBe(text);
});

test('an invalid cursor name is refused and never becomes a path', async () => {
  const state = await scratchState();
  await expect(writeCursor(state, '../key', genesis)).rejects.toThrow('no cursor');
});

test('an unreadable cursor is refused and stays in place; it does not count as damaged', async () => {
  const state = await scratchState();
  const { heads } = await journalOf(state, 2);
  await writeCursor(state, 'otlp', heads[1] as JournalHead);
  const folder = path.join(state.path, 'cursors');
  await rm(path.join(folder, 'otlp.json'));
  await mkdir(path.join(folder, 'otlp.json'));
  await expect(readCursor(state, 'otlp', noon)).rejects.toThrow(/cannot read cursor otlp/);
  expect(await readdir(folder)).toEqual(['otlp.json']);
});
