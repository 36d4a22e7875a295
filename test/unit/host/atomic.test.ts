import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import {
  createExclusive,
  directoryFacts,
  ensureDirectory,
  removeLeftovers,
  writeAtomic,
} from '../../../src/host/atomic.ts';
import { hmacHex, randomHex, sha256Hex } from '../../../src/host/digest.ts';
import { scratch } from '../store/scratch.ts';

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

test('a file is created 0600 and replaced as a whole, without leaving anything beside it', async () => {
  const file = path.join(await scratch(), 'a');
  await writeAtomic(file, 'first, and longer');
  await writeAtomic(file, 'second');
  expect(await readFile(file, 'utf8')).toBe('second');
  expect(await modeOf(file)).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(['a']);
});

test('bytes and modes are kept as given, whatever the umask and the old mode', async () => {
  const file = path.join(await scratch(), 'a');
  await writeFile(file, 'x');
  await chmod(file, 0o600);
  const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
  await writeAtomic(file, bytes, { mode: 0o644 });
  expect((await readFile(file)).equals(bytes)).toBe(true);
  expect(await modeOf(file)).toBe(0o644);
});

test('many writers at once leave the content of one of them', async () => {
  const file = path.join(await scratch(), 'a');
  const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(10_000));
  await Promise.all(texts.map((text) => writeAtomic(file, text)));
  expect(texts).toContain(await readFile(file, 'utf8'));
  expect(await readdir(path.dirname(file))).toEqual(['a']);
});

test('what the system refuses is thrown, and the old content stays', async () => {
  const directory = await scratch();
  await expect(writeAtomic(path.join(directory, 'absent', 'a'), 'x')).rejects.toMatchObject({
    code: 'ENOENT',
  });
  await mkdir(path.join(directory, 'd'));
  await expect(writeAtomic(path.join(directory, 'd'), 'x')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(directory)).toEqual(['d']);
});

test('an exclusive file is created once', async () => {
  const directory = await scratch();
  const file = path.join(directory, 'key');
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map((text) => createExclusive(file, Buffer.from(text), `${file}.${text}`)),
  );
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await readFile(file, 'utf8')).toBe('abc'[outcomes.indexOf(true)]);
  expect(await readdir(directory)).toEqual(['key']);
});

test('directories are private, and a link is told from a directory', async () => {
  const directory = await scratch();
  const deep = path.join(directory, 'a', 'b');
  await ensureDirectory(deep);
  expect(await modeOf(deep)).toBe(0o700);
  await symlink(deep, path.join(directory, 'link'));
  expect(await directoryFacts(path.join(directory, 'link'))).toMatchObject({
    symbolicLink: true,
    directory: false,
  });
  expect(await directoryFacts(deep)).toMatchObject({
    symbolicLink: false,
    directory: true,
    own: true,
    mode: 0o700,
  });
  expect(await directoryFacts(path.join(directory, 'absent'))).toBeUndefined();
});

test('a parent that takes no directory is an error, not a wait', async () => {
  await expect(ensureDirectory('/proc/godrift/deep')).rejects.toMatchObject({ code: 'ENOENT' });
  const file = path.join(await scratch(), 'file');
  await writeFile(file, '');
  await expect(ensureDirectory(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(ensureDirectory(path.join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('leftovers of killed writers go, young ones and everything else stay', async () => {
  const directory = await scratch();
  await mkdir(path.join(directory, 'targets'));
  for (const name of [
    'state.json',
    'state.json.4021',
    'targets/state.json.17',
    'young.1',
    'journal-000000000001.jsonl',
  ]) {
    await writeFile(path.join(directory, name), '');
    if (name !== 'young.1') await utimes(path.join(directory, name), 1000, 1000);
  }
  expect(await removeLeftovers(directory)).toBe(2);
  expect(await readdir(directory)).toEqual([
    'journal-000000000001.jsonl',
    'state.json',
    'targets',
    'young.1',
  ]);
});

test('digests are those of the standards', () => {
  // FIPS 180-4 example "abc"; RFC 4231 test case 2
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(hmacHex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  expect(randomHex(16)).toMatch(/^[0-9a-f]{32}$/);
});
