import { execFileSync } from 'node:child_process';
import { chmod, chown, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { openSecretKey } from '../../../src/store/secret-key.ts';
import {
  attempt,
  openStateDirectory,
  removeStateLeftovers,
  stateDirectoryPath,
} from '../../../src/store/state-directory.ts';
import { noon, scratch, scratchState } from './scratch.ts';

const where = (env: Record<string, string>) => stateDirectoryPath(new Map(Object.entries(env)));

test('the path is STATE_DIRECTORY of the service manager, otherwise below the state home of the user', () => {
  expect(where({ STATE_DIRECTORY: '/var/lib/godrift:/var/lib/other', HOME: '/home/a' })).toBe(
    '/var/lib/godrift',
  );
  expect(where({ XDG_STATE_HOME: '/data/state', HOME: '/home/a' })).toBe('/data/state/godrift');
  expect(where({ XDG_STATE_HOME: 'relative', HOME: '/home/a' })).toBe('/home/a/.local/state/godrift');
  expect(where({ STATE_DIRECTORY: '', HOME: '/home/a' })).toBe('/home/a/.local/state/godrift');
  expect(() => where({ STATE_DIRECTORY: 'here', HOME: '/home/a' })).toThrow('is not an absolute path');
  expect(() => where({})).toThrow('set STATE_DIRECTORY');
});

test('an absent directory is created with private mode, and its write probe leaves nothing', async () => {
  const directory = path.join(await scratch(), 'a', 'godrift');
  const state = await openStateDirectory(directory);
  expect(state).toMatchObject({ path: directory, writable: true, problem: undefined, errors: 0 });
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await readdir(directory)).toEqual([]);
});

test('an untrustworthy directory is refused with the remedy', async () => {
  const base = await scratch();
  const real = path.join(base, 'real');
  await mkdir(real, { mode: 0o700 });
  await symlink(real, path.join(base, 'link'));
  await writeFile(path.join(base, 'file'), '');
  await expect(openStateDirectory(path.join(base, 'link'))).rejects.toThrow('it is a symbolic link');
  await expect(openStateDirectory(path.join(base, 'file'))).rejects.toThrow('it is not a directory');
  for (const mode of [0o770, 0o702]) {
    await chmod(real, mode);
    await expect(openStateDirectory(real)).rejects.toThrow('chmod 700');
  }
  await chmod(real, 0o755); // systemd's default
  expect((await openStateDirectory(real)).writable).toBe(true);
  if (process.geteuid?.() === 0) {
    await chown(real, 65534, 65534);
    await expect(openStateDirectory(real)).rejects.toThrow('it belongs to uid 65534');
  }
});

test('a directory that cannot be created is opened as not writable, with an error counted', async () => {
  const state = await openStateDirectory('/proc/godrift');
  expect(state).toMatchObject({
    writable: false,
    errors: 1,
    problem: expect.stringContaining('/proc/godrift'),
  });
});

test('a failed write is returned, the next good write clears the problem, and a bug is thrown', async () => {
  const state = await scratchState();
  const failed = await attempt(state, 'x', async () => {
    throw Object.assign(new Error('full'), { code: 'ENOSPC' });
  });
  expect(failed).toEqual({ ok: false, problem: 'cannot write x: the disk is full' });
  expect(state).toMatchObject({ writable: false, problem: 'cannot write x: the disk is full', errors: 1 });
  expect(await attempt(state, 'x', async () => 7)).toEqual({ ok: true, value: 7 });
  expect(state).toMatchObject({ writable: true, problem: undefined, errors: 1 });
  await expect(attempt(state, 'x', async () => Promise.reject(new TypeError('bug')))).rejects.toThrow('bug');
  expect(state.errors).toBe(1);
});

test('files that another user could have planted in the directory are refused by name', async () => {
  const base = await scratch();
  const { path: directory } = await openStateDirectory(path.join(base, 'state'));
  const at = (name: string) => path.join(directory, name);
  const refused = async (name: string, make: (file: string) => unknown, why: RegExp) => {
    await mkdir(path.dirname(at(name)), { recursive: true });
    await make(at(name));
    await expect(openStateDirectory(directory), name).rejects.toThrow(`${name} ${why.source}`);
    await rm(at(name), { recursive: true });
  };
  const link = (file: string) => symlink(base, file);
  const pipe = (file: string) => execFileSync('mkfifo', [file]);
  const folder = (file: string) => mkdir(file);
  const file = (name: string) => writeFile(name, '');
  for (const name of [
    'journal',
    'targets',
    'cursors',
    'key',
    'exemptions.json',
    'targets/a',
    'targets/a/state.json',
  ])
    await refused(name, link, /is a symbolic link/);
  for (const name of ['key', 'journal/journal-000000000001.jsonl', 'cursors/otlp.json'])
    await refused(name, pipe, /is no regular file/);
  for (const name of [
    'key',
    'exemptions.json',
    'journal/journal-000000000001.jsonl',
    'targets/a/accepted.json',
  ])
    await refused(name, folder, /is a directory, and should be a file/);
  for (const name of ['journal', 'targets', 'cache', 'vendor', 'fetched']) {
    await rm(at(name), { recursive: true, force: true });
    await refused(name, file, /is no directory/);
  }
  if (process.geteuid?.() === 0) {
    const foreign = async (name: string) => {
      await file(name);
      await chown(name, 65534, 65534);
    };
    for (const name of ['key', 'journal/journal-000000000001.jsonl', 'targets/b/accepted.json'])
      await refused(name, foreign, /belongs to uid 65534/);
    // Foreign files at the top of a volume, such as lost+found, do not matter.
    await foreign(at('lost+found'));
  }
  await mkdir(at('journal'), { recursive: true });
  await file(at('journal/journal-000000000001.jsonl'));
  await link(at('other'));
  expect((await openStateDirectory(directory)).writable).toBe(true);
});

test('a directory that holds other things is refused and left untouched', async () => {
  const directory = await scratch();
  await mkdir(path.join(directory, 'man'));
  await writeFile(path.join(directory, 'man/ls.1'), '');
  await expect(openStateDirectory(directory)).rejects.toThrow(/it holds other things \(man\)/);
  expect(await readdir(directory)).toEqual(['man']);
});

test('a used state directory may hold other things, and a new volume may hold lost+found', async () => {
  const [used, volume] = [await scratch(), await scratch()];
  await mkdir(path.join(volume, 'lost+found'));
  expect(await openStateDirectory(volume)).toMatchObject({ writable: true });
  await mkdir(path.join(used, 'journal'));
  await writeFile(path.join(used, 'journal/journal-000000000001.jsonl'), '');
  await writeFile(path.join(used, 'notes.txt'), '');
  expect(await openStateDirectory(used)).toMatchObject({ writable: true });
});

test('folders with common names do not make a directory a state directory', async () => {
  const directory = await scratch();
  for (const name of ['cache', 'copies', 'docs']) await mkdir(path.join(directory, name));
  await writeFile(path.join(directory, 'cache/log.jsonl.1'), '');
  await expect(openStateDirectory(directory)).rejects.toThrow(/it holds other things \(docs\)/);
});

test('neither a 32-byte key nor a folder named like a target makes a directory a state directory', async () => {
  const directory = await scratch();
  await writeFile(path.join(directory, 'key'), Buffer.alloc(32));
  await mkdir(path.join(directory, 'targets/build-0123456789abcdef'), { recursive: true });
  await writeFile(path.join(directory, 'targets/build-0123456789abcdef/users.json'), '');
  await writeFile(path.join(directory, 'users.json.20261101'), '');
  await expect(openStateDirectory(directory)).rejects.toThrow(/it holds other things \(key\)/);
  await writeFile(path.join(directory, 'targets/build-0123456789abcdef/state.json'), '');
  expect(await openStateDirectory(directory)).toMatchObject({ writable: true });
});

test('a key next to no state of godrift is foreign: the directory is refused and left untouched', async () => {
  const directory = await scratch();
  await writeFile(path.join(directory, 'key'), Buffer.alloc(32, 7));
  await mkdir(path.join(directory, 'cache'));
  await expect(openStateDirectory(directory)).rejects.toThrow(
    /it holds other things \(key\); name an empty directory/,
  );
  // A file of that name from another program proves nothing.
  await writeFile(path.join(directory, 'godrift-state'), 'CREATE TABLE\n');
  await expect(openStateDirectory(directory)).rejects.toThrow(/it holds other things \(key\)/);
  expect((await readdir(directory)).sort()).toEqual(['cache', 'godrift-state', 'key']);
});

test('a directory with only a key and the marker is a state directory', async () => {
  const state = await scratchState();
  await openSecretKey(state, noon);
  expect((await readdir(state.path)).sort()).toEqual(['godrift-state', 'key']);
  expect(await openStateDirectory(state.path)).toMatchObject({ writable: true });
});

test('a state directory from before the marker, with a key but no records, is accepted', async () => {
  const directory = await scratch();
  const at = (name: string) => path.join(directory, name);
  const put = async (mode: string) => {
    await mkdir(at('telemetry'), { recursive: true });
    await writeFile(at('telemetry/mode'), mode);
  };
  await writeFile(at('key'), Buffer.alloc(32, 7));
  await put('off 2026-01-01');
  const refused = async (name: string) =>
    await expect(openStateDirectory(directory)).rejects.toThrow(`it holds other things (${name})`);
  // Any user of go may have such a telemetry file; it counts only next to the folder `copies`.
  await refused('key');
  await mkdir(at('copies'));
  await put('off 2026-02-03');
  await refused('key');
  await put('off 2026-01-01');
  await writeFile(at('notes.txt'), '');
  await refused('key');
  await rm(at('notes.txt'));
  const state = await openStateDirectory(directory);
  expect(state.writable).toBe(true);
  const { key, persisted } = await openSecretKey(state, noon);
  expect({ key: [...key], persisted }).toEqual({ key: Array(32).fill(7), persisted: true });
  await rm(at('copies'), { recursive: true });
  expect((await openStateDirectory(directory)).writable).toBe(true);
});

test('removing leftovers takes only temporary files of godrift’s own writers, matched by full name and folder', async () => {
  const directory = await scratch();
  const left = [
    'key.1234abcd',
    'godrift-state.1234abcd',
    'exemptions.json.4021234567',
    'rollback-memory.json.17',
    'cursors/otlp.json.17',
    'cache/0123456789abcdef.ledger.17',
    'cache/0123456789abcdef.json.17',
    'toolchains/0123456789abcdef.files.17',
    'vendor/0123456789abcdef.files.17',
    'telemetry/mode.17',
    `notified/${'0'.repeat(32)}.json.17`,
    'targets/a-0123456789abcdef/state.json.17',
    'targets/a-0123456789abcdef/accepted-0123456789abcdef.snapshot.17',
  ];
  const stays = [
    'journal/journal-000000000001.jsonl',
    'journal/journal-000000000001.jsonl.1',
    'key',
    'key.1',
    'users.json.20261101',
    'app.jsonl.1',
    'cache/2025/db.snapshot.1',
    'cache/log.json.1',
    'copies/a.json.1',
    'cursors/a/b.json.1',
    'vendor/a/b.files.1',
    'targets/a/state.json.1',
    'targets/state.json.1',
    'targets/a-0123456789abcdef/users.json.1',
    'targets/a-0123456789abcdef/deep/state.json.1',
  ];
  for (const name of [...left, ...stays]) {
    await mkdir(path.join(directory, path.dirname(name)), { recursive: true });
    await writeFile(path.join(directory, name), '');
    await utimes(path.join(directory, name), 1000, 1000);
  }
  await removeStateLeftovers(await openStateDirectory(directory));
  const found = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = found.flatMap((one) =>
    one.isFile() ? [path.relative(directory, path.join(one.parentPath, one.name))] : [],
  );
  expect(files.sort()).toEqual(stays.sort());
});
