/** A folder for a while, below the system's one for temporary files. It goes with this process, however that ends (but by SIGKILL). */
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
      // A child that ends in this moment still wrote there.
    }
  }
}

/** Makes an empty folder that only this user can enter, below another one; its real path, for go and inotify see through links. */
export async function makeScratch(prefix: string, above: string = os.tmpdir()): Promise<string> {
  const directory = realpathSync(await fs.mkdtemp(path.join(above, `${prefix}-`)));
  if (present.size === 0) process.once('exit', removeAll);
  present.add(directory);
  return directory;
}

/** Leaves it where it is. */
export function keepScratch(directory: string): void {
  present.delete(directory);
}

/** Removes it with everything in it; a process that still writes there is waited for, for a second. */
export async function removeScratch(directory: string): Promise<void> {
  await fs.rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  present.delete(directory);
}
