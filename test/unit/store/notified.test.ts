import { mkdir, readdir, readFile, rm, utimes } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { loadNotified, saveNotified } from '../../../src/store/notified.ts';
import { noon, scratchState } from './scratch.ts';

const told = (id: string) => ({ time: noon, told: [{ id, labels: {}, summary: id, since: noon }] });

test('two concurrent checks do not forget each other’s notifications', async () => {
  const state = await scratchState();
  // Both checks read before either writes.
  expect(await loadNotified(state, 'hook api', noon)).toEqual({});
  expect(await loadNotified(state, 'hook web', noon)).toEqual({});
  for (const key of ['api', 'web'])
    expect(await saveNotified(state, `hook ${key}`, told(key), noon)).toMatchObject({ ok: true });
  for (const key of ['api', 'web'])
    expect(await loadNotified(state, `hook ${key}`, noon)).toMatchObject({ value: told(key) });
});

test('an unreadable record of notifications is reported as unread, and is neither moved nor treated as absent', async () => {
  const state = await scratchState();
  await saveNotified(state, 'hook api', told('api'), noon);
  const folder = path.join(state.path, 'notified');
  const [name] = await readdir(folder);
  const file = path.join(folder, name as string);
  await rm(file);
  await mkdir(file);
  expect(await loadNotified(state, 'hook api', noon)).toMatchObject({ unread: true });
  expect(await readdir(folder)).toEqual([name]);
});

test('stored notifications contain no receiver name, and are forgotten after three months without use', async () => {
  const state = await scratchState();
  const folder = path.join(state.path, 'notified');
  await saveNotified(state, 'hook.example/s3cret', told('old'), noon);
  const [old] = await readdir(folder);
  expect(old).not.toContain('s3cret');
  expect(await readFile(path.join(folder, old as string), 'utf8')).not.toContain('s3cret');
  const past = noon / 1000 - 91 * 86_400;
  await utimes(path.join(folder, old as string), past, past);
  await saveNotified(state, 'hook web', told('web'), noon);
  expect(await readdir(folder)).toHaveLength(1);
  expect(await loadNotified(state, 'hook web', noon)).toMatchObject({ value: told('web') });
});
