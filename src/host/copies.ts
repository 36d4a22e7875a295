/** Temporary copies of files for a child process, so that what it writes beside them reaches nothing else. */
import { promises as fs, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const turnMs = 8; // writing yields to the event loop after that long

/**
 * Writes files, by absolute path, into a new folder of `directory` as if it were the root, and runs `use`
 * with its path. The folder is private to this user and always removed afterwards. Throws the system's error
 * if it cannot be created.
 */
export async function withCopies<T>(
  directory: string,
  files: (top: string) => ReadonlyMap<string, Uint8Array | string>,
  use: (top: string) => Promise<T>,
): Promise<T> {
  // Go uses the real path of its directory.
  const top = await fs.realpath(await fs.mkdtemp(path.join(directory, 'look-')));
  try {
    const made = new Set<string>();
    let turn = performance.now();
    for (const [name, content] of files(top)) {
      const file = path.join(top, path.resolve('/', name));
      const folder = path.dirname(file);
      // Synchronous: for a thousand small files a round through the thread pool each takes longer than all of
      // the writing.
      if (!made.has(folder)) mkdirSync(folder, { recursive: true, mode: 0o700 });
      made.add(folder);
      writeFileSync(file, content, { flag: 'wx', mode: 0o600 });
      if (performance.now() - turn < turnMs) continue;
      await new Promise((resolve) => setImmediate(resolve));
      turn = performance.now();
    }
    return await use(top);
  } finally {
    await fs.rm(top, { recursive: true, force: true });
  }
}

/** The names that mkdtemp(3) makes of the prefix above. */
const copiesName = /^look-[A-Za-z0-9]{6}$/;

/** Removes folders of copies that a killed process left in a directory. */
export async function removeCopies(directory: string): Promise<void> {
  for (const name of (await fs.readdir(directory)).filter((one) => copiesName.test(one)))
    await fs.rm(path.join(directory, name), { recursive: true, force: true });
}
