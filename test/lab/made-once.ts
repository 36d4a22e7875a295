// Makes expensive things once for all processes, under a lock and with progress messages, and keeps them in
// the test cache.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Returns the test cache: `GODRIFT_TEST_CACHE`, else `godrift-test` in the user's cache directory. */
export function testCache(): string {
  const own = process.env.GODRIFT_TEST_CACHE;
  return own || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'godrift-test');
}

/** Prints one line to stderr, for long work in a test run. */
export function progress(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}

const progressEveryMs = 20_000;

/** Runs `work` and prints its name, duration and current `stage` every 20 s while it lasts. */
export async function withProgress<T>(
  what: string,
  work: () => Promise<T>,
  stage: () => string = () => '',
): Promise<T> {
  const started = performance.now();
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - started) / 1000);
    progress([what, `${seconds} s`, stage()].filter((part) => part !== '').join(', '));
  }, progressEveryMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

/** Reports whether a process with this id exists, of any user. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const lockPollMs = 200;
/** A holder refreshes its lock at this interval, so that work may take any time on a slow machine. */
const lockTouchMs = 30_000;
const lockStaleMs = 10 * 60_000;

/**
 * Runs `work` while holding the lock file `<cache>/<name>.lock`, which excludes other processes and other
 * callers in this one. A lock is taken over if its holder is gone or has not refreshed it for ten minutes. If
 * two waiters take over at once, the work is merely done twice: all work under a lock ends in a rename that
 * tolerates that another was first.
 */
export async function withLock<T>(name: string, work: () => Promise<T>): Promise<T> {
  await mkdir(testCache(), { recursive: true });
  const lock = join(testCache(), `${name}.lock`);
  await withProgress(`waiting until another process has made ${name}`, async () => {
    while (!(await tryLock(lock))) await delay(lockPollMs);
  });
  const touch = setInterval(() => {
    const now = new Date();
    utimes(lock, now, now).catch(() => {});
  }, lockTouchMs);
  try {
    return await work();
  } finally {
    clearInterval(touch);
    await rm(lock, { force: true });
  }
}

async function tryLock(lock: string): Promise<boolean> {
  try {
    await writeFile(lock, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  }
  if (await isStale(lock)) {
    const aside = `${lock}.${randomBytes(4).toString('hex')}`;
    await rename(lock, aside).catch(() => {});
    await rm(aside, { force: true });
  }
  return false;
}

async function isStale(lock: string): Promise<boolean> {
  try {
    const [holder, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)]);
    if (Date.now() - mtimeMs > lockStaleMs) return true;
    // An empty lock was just created; its pid is about to be written.
    return holder !== '' && !isAlive(Number(holder));
  } catch {
    return false;
  }
}

/**
 * Returns a directory of the test cache, made now if it does not exist. `make` gets a path that does not
 * exist yet and creates the directory there; it is renamed once complete. If `make` fails nothing stays, and
 * the next caller tries again.
 */
export async function madeOnce(name: string, make: (folder: string) => Promise<void>): Promise<string> {
  const folder = join(testCache(), name);
  if (existsSync(folder)) return folder;
  await withLock(name, async () => {
    if (existsSync(folder)) return;
    await removeUnfinished(folder);
    const making = `${folder}.making-${randomBytes(4).toString('hex')}`;
    try {
      await make(making);
      await moveUnlessThere(making, folder);
    } finally {
      await rm(making, { recursive: true, force: true });
    }
  });
  return folder;
}

/** Removes what a killed process left behind; the caller holds its lock. */
async function removeUnfinished(folder: string): Promise<void> {
  for (const name of await readdir(dirname(folder)))
    if (name.startsWith(`${basename(folder)}.making-`))
      await rm(join(dirname(folder), name), { recursive: true, force: true });
}

async function moveUnlessThere(from: string, to: string): Promise<void> {
  try {
    await rename(from, to);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== 'ENOTEMPTY' && code !== 'EEXIST') throw error;
  }
}
