/** Removes what a killed writer left in a directory: temporary files of host/atomic.ts and sockets of host/lock.ts. */
import { promises as fs } from 'node:fs';
import path from 'node:path';

/** Suffix of a temporary file's name: a dot and a 32-bit number. */
const leftoverName = /\.\d{1,10}$/;
/** Name under which host/lock.ts binds a socket before linking it. */
const leftoverSocket = /^s[0-9a-f]{8}$/;

/** Where godrift writes, and under which names; all names are relative to the top. */
export interface WrittenHere {
  /** Folders of the top that are searched, with their subfolders. */
  readonly folders: readonly string[];
  /** Reports whether `writeAtomic` writes a file of that name. */
  readonly isReplaced: (name: string) => boolean;
  /** Reports whether a name is that of a temporary file of another kind. */
  readonly isOther: (name: string) => boolean;
}

/**
 * Removes what a killed writer left behind: temporary files of its own files, and sockets at the top. All
 * else stays, for the directory may hold files of others. Files younger than `olderThanMs` are spared: their
 * writer may be at work. Returns how many were removed; failures are ignored.
 */
export async function removeLeftovers(
  top: string,
  { folders, isReplaced, isOther }: WrittenHere,
  olderThanMs = 60_000,
): Promise<number> {
  const isOld = async (found: string) => {
    const stat = await fs.lstat(found).catch(() => undefined);
    return stat !== undefined && Date.now() - stat.mtimeMs >= olderThanMs;
  };
  const isSwept = (name: string) => {
    const names = name.split('/');
    return names.length <= 2 && folders.includes(names[0] as string);
  };
  const sweep = async (folder: string): Promise<number> => {
    let removed = 0;
    for (const entry of await fs.readdir(path.join(top, folder), { withFileTypes: true }).catch(() => [])) {
      const name = path.join(folder, entry.name);
      if (entry.isDirectory() && isSwept(name)) removed += await sweep(name);
      const left = entry.isFile()
        ? isOther(name) || (leftoverName.test(name) && isReplaced(name.replace(leftoverName, '')))
        : folder === '' && entry.isSocket() && leftoverSocket.test(name);
      if (!left || !(await isOld(path.join(top, name)))) continue;
      await fs.rm(path.join(top, name), { force: true }).then(
        () => removed++,
        () => {},
      );
    }
    return removed;
  };
  return await sweep('');
}
