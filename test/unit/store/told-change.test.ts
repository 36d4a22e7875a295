import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { exemptionsText } from '../../../src/store/exemptions.ts';
import {
  appendJournal,
  closeJournal,
  journalDirectory,
  openJournal,
  readJournal,
} from '../../../src/store/journal.ts';
import { replaceAndTell } from '../../../src/store/told-change.ts';
import { noon, scratchState } from './scratch.ts';

const day = 86_400_000;

const removal = { type: 'waiver', action: 'remove', id: '01234567', who: 'dev' } as const;

async function opened() {
  const state = await scratchState();
  const journal = await openJournal(state, { now: () => noon });
  onTestFinished(() => closeJournal(journal));
  await appendJournal(journal, { type: 'gap' });
  const lines = async () => {
    const found: string[] = [];
    for await (const { type } of readJournal(journalDirectory(state.path))) found.push(type);
    return found;
  };
  return { state, journal, lines, file: path.join(state.path, 'exemptions.json') };
}

test('a change writes both the file and its journal line', async () => {
  const { state, journal, lines, file } = await opened();
  expect(await replaceAndTell({ state, journal }, file, 'new', removal)).toMatchObject({
    ok: true,
  });
  expect(await readFile(file, 'utf8')).toBe('new');
  expect(await lines()).toEqual(['gap', 'waiver']);
});

test('a file that cannot be written gets no journal line', async () => {
  const { state, journal, lines } = await opened();
  const file = path.join(state.path, 'no-folder', 'exemptions.json');
  expect(await replaceAndTell({ state, journal }, file, 'new', removal)).toMatchObject({
    ok: false,
  });
  expect(await lines()).toEqual(['gap']);
});

test('a change that cannot be journalled is not made, and leaves no file behind', async () => {
  const { state, journal, lines, file } = await opened();
  await writeFile(file, 'old');
  await closeJournal(journal);
  expect(await replaceAndTell({ state, journal }, file, 'new', removal)).toMatchObject({
    ok: false,
  });
  expect(await readFile(file, 'utf8')).toBe('old');
  const left = (await readdir(state.path)).filter((name) => name.startsWith('exemptions'));
  expect(left).toEqual(['exemptions.json']);
  expect(await lines()).toEqual(['gap']);
});

test('expired waivers stay; beyond 1000 the first to expire are dropped, but never the newest', () => {
  const waiver = (id: number, expires: number) => ({
    id: id.toString(16).padStart(8, '0'),
    reason: 'r',
    who: 'w',
    created: noon,
    expires,
  });
  const ids = (waivers: readonly ReturnType<typeof waiver>[]) =>
    JSON.parse(exemptionsText({ waivers, deployments: [] })).waivers.map(({ id }: { id: string }) => id);
  const expired = waiver(0, noon - 900 * day);
  expect(ids([expired, waiver(1, noon + day)])).toEqual(['00000000', '00000001']);
  const many = Array.from({ length: 1000 }, (_, index) => waiver(index + 1, noon + index));
  const kept = ids([expired, ...many.slice(1), { ...expired, id: 'ffffffff' }]);
  expect(kept).toHaveLength(1000);
  expect(kept).not.toContain(expired.id);
  expect(kept).toContain('ffffffff');
});
