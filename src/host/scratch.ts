/** A folder for a while, below the system's one for temporary files. */
import { promises as fs, realpathSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';

/** Makes an empty folder that only this user can enter; its real path, for go and inotify see through links. */
export async function makeScratch(prefix: string): Promise<string> {
  return realpathSync(await fs.mkdtemp(path.join(os.tmpdir(), `${prefix}-`)));
}

/** Removes it with everything in it; a process that still writes there is waited for, for a second. */
export async function removeScratch(directory: string): Promise<void> {
  await fs.rm(directory, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
}
