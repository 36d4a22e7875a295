/**
 * A second lock on a directory, in case the socket of lock.ts is removed by hand: a name in Linux' abstract
 * socket namespace, made of the directory's device and inode. Nobody can unlink it, and it ends with its
 * process.
 *
 * Any user may take such a name first; so a taken name counts only if a process of this very user holds it
 * (proc(5): the socket's inode is in /proc/net/unix and among the process's descriptors). Without /proc to
 * check, it counts: two writers are worse than none. Other systems than Linux have no such lock.
 */
import { promises as fs } from 'node:fs';
import net from 'node:net';
import process from 'node:process';
import { lstatOf } from './atomic.ts';
import { errorCode } from './errors.ts';

/** `by`: who else holds the directory. */
export type InodeLock =
  | {
      readonly held: true;
      /** Reports whether the path still leads to the locked directory. */
      readonly still: () => Promise<boolean>;
      readonly release: () => Promise<void>;
    }
  | { readonly held: false; readonly by: string };

/**
 * A name fills sun_path after its NUL (unix(7)), because only some versions of Node pad a shorter one with
 * NULs.
 */
const nameLength = 107;

/**
 * Locks a directory; throws the system's error if it cannot be opened. `proc` is where proc(5) is mounted.
 */
export async function acquireInodeLock(directory: string, proc = '/proc'): Promise<InodeLock> {
  // Kept open while the lock is held, so that no other directory can get its inode.
  const handle = await fs.open(directory, 'r');
  let server: net.Server | undefined;
  try {
    const { dev, ino } = await handle.stat();
    const name = `godrift-state-${dev}-${ino}`.padEnd(nameLength, '-');
    const taken = process.platform === 'linux' ? await listen(name) : undefined;
    if (taken === 'EADDRINUSE') {
      const by = await ownHolder(name, proc);
      if (by !== undefined) {
        await handle.close();
        return { held: false, by };
      }
    }
    server = typeof taken === 'string' ? undefined : taken;
    return {
      held: true,
      still: async () => {
        const now = await lstatOf(directory);
        return now?.dev === dev && now.ino === ino;
      },
      release: async () => {
        server?.close();
        await handle.close();
      },
    };
  } catch (error) {
    server?.close();
    await handle.close();
    throw error;
  }
}

/** Listens on an abstract name and closes every connection; returns the error's code if that fails. */
function listen(name: string): Promise<net.Server | string> {
  return new Promise((resolve) => {
    const server = net.createServer((connection) => connection.destroy());
    server.once('error', (error) => resolve(errorCode(error)));
    server.listen({ path: `\0${name}` }, () => resolve(server.unref()));
  });
}

/** Describes the process of this user that holds a taken name; undefined if it is another user's. */
async function ownHolder(name: string, proc: string): Promise<string | undefined> {
  const table = await fs.readFile(`${proc}/net/unix`, 'utf8').catch(() => undefined);
  if (table === undefined) return `a process unknown without ${proc}`;
  // Num RefCount Protocol Flags Type St Inode Path
  const inodes = table
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields.at(-1) === `@${name}`)
    .map((fields) => `socket:[${fields.at(-2)}]`);
  if (inodes.length === 0) return undefined;
  for (const pid of await fs.readdir(proc).catch(() => [])) {
    if (/^\d+$/.test(pid) && (await holds(`${proc}/${pid}`, inodes))) return `process ${pid}`;
  }
  return undefined;
}

async function holds(holder: string, sockets: readonly string[]): Promise<boolean> {
  const folder = `${holder}/fd`;
  if ((await fs.stat(holder).catch(() => undefined))?.uid !== process.geteuid?.()) return false;
  for (const fd of await fs.readdir(folder).catch(() => [])) {
    const target = await fs.readlink(`${folder}/${fd}`).catch(() => '');
    if (sockets.includes(target)) return true;
  }
  return false;
}
