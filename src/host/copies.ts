/** Copies of files for a child to read in their place: what it does among them reaches nothing else, and they are gone when it has ended. */
import { promises as fs, mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const turnMs = 8; // others get their turn after that long

/**
 * Writes files, by absolute path, into a new folder of `directory` as if that were the root, and runs `use` with its path. The folder is this user's alone, and is removed afterwards whatever happens; throws the system's error where it cannot be made.
 */
export async function withCopies<T>(
  directory: string,
  files: (top: string) => ReadonlyMap<string, Uint8Array | string>,
  use: (top: string) => Promise<T>,
): Promise<T> {
  // Go knows its directory by the real path.
  const top = await fs.realpath(await fs.mkdtemp(path.join(directory, 'look-')));
  try {
    const made = new Set<string>();
    let turn = performance.now();
    for (const [name, content] of files(top)) {
      const file = path.join(top, path.resolve('/', name));
      const folder = path.dirname(file);
      // At once: a round through the pool of threads for each of a thousand small files takes longer than all of them.
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

/** As mkdtemp(3) completes the name above. */
const copiesName = /^look-[A-Za-z0-9]{6}$/;

/** Removes such folders from a directory: what a process that was killed left there. */
export async function removeCopies(directory: string): Promise<void> {
  for (const name of (await fs.readdir(directory)).filter((one) => copiesName.test(one)))
    await fs.rm(path.join(directory, name), { recursive: true, force: true });
}
