/**
 * Temporary folders in the system's temporary directory. They are removed when this process ends, except by
 * SIGKILL.
 */
import { promises as fs, realpathSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';

const present = new Set<string>();

function removeAll(): void {
  for (const directory of present) {
    try {
      rmSync(directory, { recursive: true, force: true });
    } catch {
      // A child that is just ending was still writing there.
    }
  }
}

/**
 * Creates an empty folder private to this user; returns its real path, because go and inotify resolve links.
 */
export async function makeScratch(prefix: string, above: string = os.tmpdir()): Promise<string> {
  const directory = realpathSync(await fs.mkdtemp(path.join(above, `${prefix}-`)));
  if (present.size === 0) process.once('exit', removeAll);
  present.add(directory);
  return directory;
}

/** Keeps the folder when the process ends. */
export function keepScratch(directory: string): void {
  present.delete(directory);
}

/** Removes the folder with its content, retrying for a second while another process still writes there. */
export async function removeScratch(directory: string): Promise<void> {
  await fs.rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  present.delete(directory);
}
