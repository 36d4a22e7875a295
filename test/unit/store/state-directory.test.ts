import { chmod, chown, mkdir, readdir, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { emptyServer } from '../../../src/host/lock.ts';
import {
  attempt,
  lockStateDirectory,
  openStateDirectory,
  stateDirectoryPath,
} from '../../../src/store/state-directory.ts';
import { scratch, scratchState } from './scratch.ts';

const where = (env: Record<string, string>) => stateDirectoryPath(new Map(Object.entries(env)));

test('the directory is the service manager’s, else the user’s', () => {
  expect(where({ STATE_DIRECTORY: '/var/lib/godrift:/var/lib/other', HOME: '/home/a' })).toBe(
    '/var/lib/godrift',
  );
  expect(where({ XDG_STATE_HOME: '/data/state', HOME: '/home/a' })).toBe('/data/state/godrift');
  expect(where({ XDG_STATE_HOME: 'relative', HOME: '/home/a' })).toBe('/home/a/.local/state/godrift');
  expect(where({ STATE_DIRECTORY: '', HOME: '/home/a' })).toBe('/home/a/.local/state/godrift');
  expect(() => where({ STATE_DIRECTORY: 'here', HOME: '/home/a' })).toThrow('is not an absolute path');
  expect(() => where({})).toThrow('set STATE_DIRECTORY');
});

test('an absent directory is created, private, and nothing stays of the probe', async () => {
  const directory = path.join(await scratch(), 'a', 'godrift');
  const state = await openStateDirectory(directory);
  expect(state).toEqual({ path: directory, writable: true, problem: undefined, errors: 0 });
  expect((await stat(directory)).mode & 0o777).toBe(0o700);
  expect(await readdir(directory)).toEqual([]);
});

test('a directory that cannot be trusted is refused with what to do', async () => {
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

test('a place where nothing can be created leaves it open, not writable, and counted', async () => {
  const state = await openStateDirectory('/proc/godrift');
  expect(state).toMatchObject({
    writable: false,
    errors: 1,
    problem: expect.stringContaining('/proc/godrift'),
  });
});

test('a failed write is a value, the next good one clears the problem, a bug is thrown', async () => {
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

test('the lock keeps a second process out and sweeps what killed writers left', async () => {
  const state = await scratchState();
  await writeFile(path.join(state.path, 'key.123456'), '');
  await utimes(path.join(state.path, 'key.123456'), 1000, 1000);
  const lock = await lockStateDirectory(state, emptyServer());
  if (lock.held) onTestFinished(lock.release);
  expect(await readdir(state.path)).toEqual(['admin.sock']);
  expect(await lockStateDirectory(state, emptyServer())).toMatchObject({ held: false, reason: 'busy' });
  await rm(path.join(state.path, 'admin.sock'));
});
