import {
  appendFile,
  mkdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { directoryChanges, openAppend, readLines } from '../../../src/host/append.ts';
import { scratch } from '../store/scratch.ts';

async function lines(file: string, offset = 0): Promise<[string, number][]> {
  const found: [string, number][] = [];
  for await (const { bytes, end } of readLines(file, offset)) found.push([bytes.toString(), end]);
  return found;
}

test('appends are written in order to a file with mode 0600, and the size is tracked', async () => {
  const file = path.join(await scratch(), 'a');
  const opened = await openAppend(file);
  await opened.append(Buffer.from('one\n'));
  await opened.append(Buffer.from('two\n'));
  expect(opened.size()).toBe(8);
  await opened.close();
  expect(await readFile(file, 'utf8')).toBe('one\ntwo\n');
  expect((await stat(file)).mode & 0o777).toBe(0o600);
  const again = await openAppend(file);
  expect(again.size()).toBe(8);
  await again.cut(4);
  await again.append(Buffer.from('three\n'));
  await again.close();
  expect(await readFile(file, 'utf8')).toBe('one\nthree\n');
});

test('symlinks and directories are not opened for appending', async () => {
  const directory = await scratch();
  await writeFile(path.join(directory, 'precious'), 'x');
  await symlink(path.join(directory, 'precious'), path.join(directory, 'link'));
  await expect(openAppend(path.join(directory, 'link'))).rejects.toMatchObject({ code: 'ELOOP' });
  await mkdir(path.join(directory, 'd'));
  await expect(openAppend(path.join(directory, 'd'))).rejects.toMatchObject({ code: 'EISDIR' });
});

test('changes by others to the file are noticed', async () => {
  const file = path.join(await scratch(), 'a');
  const open = async () => {
    await writeFile(file, 'one\n');
    return openAppend(file);
  };
  for (const meddle of [
    () => appendFile(file, 'two\n'),
    () => truncate(file, 1),
    () => rm(file),
    () => rename(file, `${file}.moved`),
  ]) {
    const opened = await open();
    expect(await opened.untouched()).toBe(true);
    await meddle();
    expect(await opened.untouched()).toBe(false);
    await opened.close();
  }
});

test('complete lines are read from any offset, across chunks, without a torn last line', async () => {
  const file = path.join(await scratch(), 'a');
  const long = 'x'.repeat(700_000);
  await writeFile(file, `one\n\n${long}\nlast\ntorn`);
  const all: [string, number][] = [
    ['one', 4],
    ['', 5],
    [long, 700_006],
    ['last', 700_011],
  ];
  expect(await lines(file)).toEqual(all);
  expect(await lines(file, 5)).toEqual(all.slice(2));
  expect(await lines(file, 700_011)).toEqual([]);
});

test('a follower wakes on a change and ends on its signal', async () => {
  const directory = await scratch();
  const abort = new AbortController();
  let turns = 0;
  for await (const _ of directoryChanges(directory, abort.signal, 60_000)) {
    turns++;
    if (turns === 1) await writeFile(path.join(directory, 'a'), 'x');
    if (turns === 2) abort.abort();
  }
  expect(turns).toBe(2);
});

test('a follower wakes after the period if there are no events', async () => {
  const abort = new AbortController();
  let turns = 0;
  for await (const _ of directoryChanges('/absent/godrift', abort.signal, 5)) {
    turns++;
    if (turns === 3) abort.abort();
  }
  expect(turns).toBe(3);
});
