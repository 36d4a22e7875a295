import { existsSync, readdirSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { madeOnce, withLock } from '../../lab/made-once.ts';

let cache: string;

beforeEach(async () => {
  cache = await mkdtemp(join(tmpdir(), 'godrift-made-once-'));
  vi.stubEnv('GODRIFT_TEST_CACHE', cache);
});

afterEach(async () => {
  vi.unstubAllEnvs();
  await rm(cache, { recursive: true });
});

const fill = async (folder: string) => {
  await mkdir(folder);
  await writeFile(join(folder, 'file'), 'made');
};

test('ten concurrent calls in one process make the folder once, and all get it', async () => {
  let made = 0;
  const ask = () =>
    madeOnce('thing', async (folder) => {
      made++;
      await fill(folder);
    });
  const folders = await Promise.all(Array.from({ length: 10 }, ask));
  expect(new Set(folders)).toEqual(new Set([join(cache, 'thing')]));
  expect(await readFile(join(cache, 'thing/file'), 'utf8')).toBe('made');
  expect(made).toBe(1);
  expect(readdirSync(cache)).toEqual(['thing']);
});

test('uses the folder of another process that was faster', async () => {
  await madeOnce('thing', async (folder) => {
    await fill(folder);
    await mkdir(join(cache, 'thing'));
    await writeFile(join(cache, 'thing/file'), 'of another');
  });
  expect(await readFile(join(cache, 'thing/file'), 'utf8')).toBe('of another');
  expect(readdirSync(cache)).toEqual(['thing']);
});

test('a failure leaves nothing, and the next call tries again', async () => {
  const failing = madeOnce('thing', async (folder) => {
    await fill(folder);
    throw new Error('no network');
  });
  await expect(failing).rejects.toThrow('no network');
  expect(readdirSync(cache)).toEqual([]);
  expect(existsSync(await madeOnce('thing', fill))).toBe(true);
});

test('leftovers of a killed process are removed, and its lock is taken over', async () => {
  await mkdir(join(cache, 'thing.making-dead'));
  // // Above the largest pid of Linux.
  await writeFile(join(cache, 'thing.lock'), '4194305');
  await madeOnce('thing', fill);
  expect(readdirSync(cache)).toEqual(['thing']);
});

test('the lock of a living process is taken over only after a long time without a touch', async () => {
  const lock = join(cache, 'work.lock');
  await writeFile(lock, String(process.pid));
  let done = false;
  const work = withLock('work', async () => {
    done = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  expect(done).toBe(false);
  const old = new Date(Date.now() - 3_600_000);
  await utimes(lock, old, old);
  await work;
  expect(done).toBe(true);
});
