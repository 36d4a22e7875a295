import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { chmod, link, mkdir, readdir, readFile, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  createExclusive,
  directoryFacts,
  ensureDirectory,
  liesIn,
  removeOurs,
  writeAtomic,
} from '../../../src/host/atomic.ts';
import { hmacHex, randomHex, sha256Hex } from '../../../src/host/digest.ts';
import { scratch } from '../store/scratch.ts';

const modeOf = async (file: string) => (await stat(file)).mode & 0o777;

test('a file is created with mode 0600 and replaced as a whole, with no temporary file left', async () => {
  const file = path.join(await scratch(), 'a');
  await writeAtomic(file, 'first, and longer');
  await writeAtomic(file, 'second');
  expect(await readFile(file, 'utf8')).toBe('second');
  expect(await modeOf(file)).toBe(0o600);
  expect(await readdir(path.dirname(file))).toEqual(['a']);
});

test('bytes are written unchanged; the mode is narrowed by the umask and by the old file, never widened', async () => {
  const directory = await scratch();
  const bytes = Uint8Array.from({ length: 300_000 }, (_, at) => at % 251);
  const written = async (name: string, before?: number) => {
    const file = path.join(directory, name);
    if (before !== undefined) {
      await writeFile(file, 'x');
      await chmod(file, before);
    }
    await writeAtomic(file, bytes, { mode: 0o644 });
    expect((await readFile(file)).equals(bytes)).toBe(true);
    return modeOf(file);
  };
  expect(await written('new')).toBe(0o644 & ~process.umask());
  for (const [before, after] of [
    [0o600, 0o600],
    [0o640, 0o640],
    [0o666, 0o644],
    [0o755, 0o644],
  ] as const)
    expect(await written(`old-${before}`, before)).toBe(after);
});

test('symlinks and special files are refused, and a hard link keeps its old content', async () => {
  const directory = await scratch();
  const [file, hard] = [path.join(directory, 'file'), path.join(directory, 'hard')];
  await writeFile(file, 'old', { mode: 0o600 });
  await link(file, hard);
  for (const [name, leadsTo] of [
    ['symbolic', 'file'],
    ['dangling', 'absent'],
    ['loop', 'loop'],
  ] as const) {
    await symlink(leadsTo, path.join(directory, name));
    await expect(writeAtomic(path.join(directory, name), 'x')).rejects.toMatchObject({ code: 'ELOOP' });
  }
  const socket = net.createServer().listen(path.join(directory, 'socket'));
  onTestFinished(() => void socket.close());
  await once(socket, 'listening');
  execFileSync('mkfifo', [path.join(directory, 'pipe')]);
  for (const name of ['pipe', 'socket'])
    await expect(writeAtomic(path.join(directory, name), 'x')).rejects.toMatchObject({ code: 'EFTYPE' });
  const before = (await readdir(directory)).sort();
  await writeAtomic(hard, 'new');
  expect([await readFile(file, 'utf8'), await readFile(hard, 'utf8')]).toEqual(['old', 'new']);
  expect((await readdir(directory)).sort()).toEqual(before);
});

test('a path in a tree must not leave it through a symlink; symlinks outside of the tree are allowed', async () => {
  const base = await scratch();
  const tree = path.join(base, 'tree');
  await mkdir(path.join(tree, 'real'), { recursive: true });
  await mkdir(path.join(base, 'tree-2'));
  await symlink('../tree-2', path.join(tree, 'out'));
  await symlink('real', path.join(tree, 'in'));
  await symlink(tree, path.join(base, 'alias'));
  const write = (file: string, within = tree) => writeAtomic(path.join(base, file), 'x', { tree: within });
  await expect(write('tree/out/a')).rejects.toMatchObject({ code: 'EXDEV' });
  // Whichever path the tree and the file are given by.
  await expect(write('tree/out/a', path.join(base, 'alias'))).rejects.toMatchObject({ code: 'EXDEV' });
  await expect(write('alias/out/a', path.join(base, 'alias'))).rejects.toMatchObject({ code: 'EXDEV' });
  await write('tree/in/a');
  await write('alias/real/b');
  await write('tree-2/c');
  expect(await readdir(path.join(base, 'tree-2'))).toEqual(['c']);
  expect(await readdir(path.join(tree, 'real'))).toEqual(['a', 'b']);
});

test('only a file with recognised content is removed', async () => {
  const directory = await scratch();
  const file = path.join(directory, 'a');
  await writeFile(file, 'ours');
  await symlink('a', path.join(directory, 'link'));
  const ours = { bytes: 4, is: (text: string) => text === 'ours' };
  expect(await removeOurs(path.join(directory, 'link'), ours)).toBe(false);
  expect(await removeOurs(file, { ...ours, is: () => false })).toBe(false);
  expect(await removeOurs(path.join(directory, 'absent'), ours)).toBe(false);
  expect(await removeOurs(file, ours)).toBe(true);
  expect(await readdir(directory)).toEqual(['link']);
});

test('with `ours`, only recognised or empty files are replaced; other, huge and unreadable files stay', async () => {
  const directory = await scratch();
  const ours = { bytes: 4, is: (text: string) => text === 'ours' };
  const at = (name: string) => path.join(directory, name);
  const write = (name: string) => writeAtomic(at(name), 'ours, new', { ours });
  await write('absent');
  await write('absent');
  await writeFile(at('empty'), '');
  await write('empty');
  for (const name of ['absent', 'empty']) expect(await readFile(at(name), 'utf8')).toBe('ours, new');
  await writeFile(at('other'), 'precious');
  await expect(write('other')).rejects.toMatchObject({ code: 'ENOTOURS' });
  await writeFile(at('large'), 'precious');
  await truncate(at('large'), 2 ** 33);
  await expect(write('large')).rejects.toMatchObject({ code: 'ENOTOURS' });
  expect(await removeOurs(at('large'), ours)).toBe(false);
  if (process.geteuid?.() !== 0) {
    await writeFile(at('closed'), 'precious', { mode: 0o200 });
    await expect(write('closed')).rejects.toMatchObject({ code: 'EACCES' });
    await expect(removeOurs(at('closed'), ours)).rejects.toMatchObject({ code: 'EACCES' });
  }
  expect((await stat(at('large'))).size).toBe(2 ** 33);
  expect(await readFile(at('other'), 'utf8')).toBe('precious');
});

test('paths inside a directory are told apart from paths with the same prefix', () => {
  expect(['/a', '/a/b', '/a/..b'].map((inner) => liesIn('/a', inner))).toEqual([true, true, true]);
  expect(['/', '/ab', '/b/a'].map((inner) => liesIn('/a', inner))).toEqual([false, false, false]);
});

test('concurrent writers leave the content of one of them', async () => {
  const file = path.join(await scratch(), 'a');
  const texts = Array.from({ length: 20 }, (_, at) => String(at).repeat(10_000));
  await Promise.all(texts.map((text) => writeAtomic(file, text)));
  expect(texts).toContain(await readFile(file, 'utf8'));
  expect(await readdir(path.dirname(file))).toEqual(['a']);
});

test('system errors are thrown, and the old content stays', async () => {
  const directory = await scratch();
  await expect(writeAtomic(path.join(directory, 'absent', 'a'), 'x')).rejects.toMatchObject({
    code: 'ENOENT',
  });
  await mkdir(path.join(directory, 'd'));
  await expect(writeAtomic(path.join(directory, 'd'), 'x')).rejects.toMatchObject({ code: 'EISDIR' });
  expect(await readdir(directory)).toEqual(['d']);
});

test('an exclusive file is created only once', async () => {
  const directory = await scratch();
  const file = path.join(directory, 'key');
  const outcomes = await Promise.all(
    ['a', 'b', 'c'].map((text) => createExclusive(file, Buffer.from(text), `${file}.${text}`)),
  );
  expect(outcomes.filter(Boolean)).toHaveLength(1);
  expect(await readFile(file, 'utf8')).toBe('abc'[outcomes.indexOf(true)]);
  expect(await readdir(directory)).toEqual(['key']);
});

test('directories are created with mode 0700, and a symlink is not taken for a directory', async () => {
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

test('a parent that accepts no directory gives an error, not a hang', async () => {
  await expect(ensureDirectory('/proc/godrift/deep')).rejects.toMatchObject({ code: 'ENOENT' });
  const file = path.join(await scratch(), 'file');
  await writeFile(file, '');
  await expect(ensureDirectory(file)).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(ensureDirectory(path.join(file, 'a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
});

test('digests match the published test vectors', () => {
  // FIPS 180-4 example "abc"; RFC 4231 test case 2
  expect(sha256Hex('abc')).toBe('ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad');
  expect(hmacHex(Buffer.from('Jefe'), 'what do ya want for nothing?')).toBe(
    '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  );
  expect(randomHex(16)).toMatch(/^[0-9a-f]{32}$/);
});
