import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { removeLeftovers } from '../../../src/host/leftovers.ts';
import { scratch } from '../store/scratch.ts';

test('removes old leftovers of killed writers, and keeps recent ones and all other files', async () => {
  const directory = await scratch();
  for (const folder of ['targets/one', 'man']) await mkdir(path.join(directory, folder), { recursive: true });
  const others = ['libz.so.1', 'man/ls.1', 'man/state.json.7', 'targets/one/syslog.1'];
  for (const name of [
    'state.json',
    'state.json.4021',
    'targets/state.json.17',
    'targets/one/state.json.17',
    'young.json.1',
    'journal-000000000001.jsonl',
    ...others,
  ]) {
    await writeFile(path.join(directory, name), '');
    if (name !== 'young.json.1') await utimes(path.join(directory, name), 1000, 1000);
  }
  const written = {
    folders: ['targets'],
    isReplaced: (name: string) => name.endsWith('.json'),
    isOther: () => false,
  };
  expect(await removeLeftovers(directory, written)).toBe(3);
  expect((await readdir(directory, { recursive: true })).sort()).toEqual(
    [
      'journal-000000000001.jsonl',
      'state.json',
      'young.json.1',
      'man',
      'targets',
      'targets/one',
      ...others,
    ].sort(),
  );
});
