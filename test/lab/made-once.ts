// What is dear to make is made once for all processes and kept in the test cache: under a lock, with a word about how it goes.
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

/** Where tests keep what is dear to make: `GODRIFT_TEST_CACHE`, else `godrift-test` in the user's cache folder. */
export function testCache(): string {
  const own = process.env.GODRIFT_TEST_CACHE;
  return own || join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'godrift-test');
}

/** One line on stderr: long work in a test run says what it does and why. */
export function progress(line: string): void {
  process.stderr.write(`lab: ${line}\n`);
}

const progressEveryMs = 20_000;

/** Runs `work`; while it lasts, says what it does and how far it is, now and then. `stage` is asked each time. */
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

/** Whether a process with this id exists (perhaps of another user). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

const lockPollMs = 200;
/** A holder says that it still works, so that work may last for any time on a slow machine. */
const lockTouchMs = 30_000;
const lockStaleMs = 10 * 60_000;

/**
 * Runs `work` while holding the lock file `<cache>/<name>.lock`, across processes, and within one. A lock whose holder is gone, or
 * silent for ten minutes, is taken over. Should two waiters ever take over at once, the work is only done twice: everything done
 * under a lock ends in a rename that accepts that another was first.
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
    // Empty: created this moment, the pid is about to be written.
    return holder !== '' && !isAlive(Number(holder));
  } catch {
    return false;
  }
}

/**
 * A folder of the test cache: as it is, or made now. `make` fills a folder beside it (which does not exist yet), and only a whole one gets the
 * name; when it fails, nothing stays, and whoever asks next tries again.
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

/** What a killed process left behind; its lock is ours now. */
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
