import { readFile, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, test } from 'vitest';
import { emptyTarget, saveTargetState } from '../../../src/store/baselines.ts';
import { instanceId, openSecretKey } from '../../../src/store/secret-key.ts';
import { noon, scratch, scratchState } from './scratch.ts';

test('the key is created once, with private mode, and is the same for all callers', async () => {
  const state = await scratchState();
  const keys = await Promise.all(Array.from({ length: 5 }, () => openSecretKey(state, noon)));
  const stored = await readFile(path.join(state.path, 'key'));
  expect(stored).toHaveLength(32);
  for (const key of keys) expect(key).toMatchObject({ persisted: true, key: stored });
  expect(await openSecretKey(state, noon)).toEqual({ persisted: true, key: stored });
  expect((await stat(path.join(state.path, 'key'))).mode & 0o777).toBe(0o600);
});

test('a damaged key is moved aside and replaced', async () => {
  for (const bytes of [0, 31, 33]) {
    const state = await scratchState();
    await writeFile(path.join(state.path, 'key'), Buffer.alloc(bytes));
    const { key, persisted, problem } = await openSecretKey(state, noon);
    expect(persisted).toBe(true);
    expect(problem).toContain(`key.corrupt-${noon}; a new one is made`);
    expect(await readFile(path.join(state.path, 'key'))).toEqual(key);
  }
});

test('a missing key is reported if the directory was used before, and not for a new directory', async () => {
  const state = await scratchState();
  const first = await openSecretKey(state, noon);
  expect(first.problem).toBeUndefined();
  await saveTargetState(state, 'api', emptyTarget('api'));
  await rm(path.join(state.path, 'key'));
  const second = await openSecretKey(state, noon);
  expect(second.problem).toContain('key is gone; a new one is made');
  expect(second.key).not.toEqual(first.key);
  expect((await openSecretKey(state, noon)).problem).toBeUndefined();
});

test('a key that cannot be stored serves this process only', async () => {
  const state = {
    path: path.join(await scratch(), 'absent'),
    writable: true,
    problem: undefined,
    errors: 0,
    guard: async () => {},
  };
  const { key, persisted, problem } = await openSecretKey(state, noon);
  expect(key).toHaveLength(32);
  expect(persisted).toBe(false);
  expect(problem).toContain('cannot write');
  expect(state.errors).toBe(1);
});

test('the instance id is a UUID derived from the key', () => {
  const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
  const one = instanceId(Buffer.alloc(32, 1));
  expect(one).toMatch(uuid);
  expect(instanceId(Buffer.alloc(32, 1))).toBe(one);
  expect(instanceId(Buffer.alloc(32, 2))).not.toBe(one);
});
