/**
 * A lock that needs no cleaning up: a Unix socket under a fixed name, held while its process listens
 * (decision record 0003). connect(2) to a socket file whose process is gone fails with ECONNREFUSED
 * (unix(7)), which tells a dead holder from a living one without pids. For local file systems: a state
 * directory on NFS is not protected between machines.
 *
 * The name is taken with link(2), which fails if it exists. A dead name is renamed to `<name>.dead-…` before
 * it is removed, because another process may take the name over between the check and the rename. A process
 * that finds a living socket under such a name puts it back; a process that linked its own socket in the
 * meantime looks for one and yields.
 */
import { constants, promises as fs } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import process from 'node:process';
import { randomHex } from './digest.ts';
import { errorCode } from './errors.ts';

/**
 * Longest path of a Unix socket: sun_path without its final NUL (unix(7): 108 bytes on Linux, 104 on the BSDs
 * and macOS).
 */
export const socketPathLimitBytes = process.platform === 'linux' ? 107 : 103;

/** Time in ms after which a holder that does not accept counts as alive but busy. */
const probeLimitMs = 1000;
const attempts = 16;

/** A server that does not listen yet: that of the admin API, or an empty one. */
export type LockServer = net.Server;

/**
 * `busy`: another process holds the lock. `unavailable`: the directory allows no lock (read-only, full, no
 * permission).
 */
export type SocketLock =
  | { readonly held: true; readonly path: string; readonly release: () => Promise<void> }
  | { readonly held: false; readonly reason: 'busy' | 'unavailable'; readonly why: string };

type Liveness = 'alive' | 'dead' | 'absent' | 'no-socket';

/**
 * Checks whether a process listens on a socket. Every doubt (no permission, full backlog, timeout) counts as
 * alive.
 */
export async function probeSocket(socket: string): Promise<Liveness> {
  const stat = await fs.lstat(socket).catch((error: unknown) => errorCode(error));
  if (stat === 'ENOENT') return 'absent';
  if (typeof stat !== 'string' && !stat.isSocket()) return 'no-socket';
  return await withSocketAddress(socket, connects).catch(() => 'absent');
}

function connects(address: string): Promise<Liveness> {
  return new Promise((resolve) => {
    const connection = net.connect({ path: address });
    connection.setTimeout(probeLimitMs);
    const answer = (liveness: Liveness) => {
      connection.destroy();
      resolve(liveness);
    };
    connection.on('connect', () => answer('alive'));
    connection.on('timeout', () => answer('alive'));
    connection.on('error', (error) => {
      const code = errorCode(error);
      answer(code === 'ECONNREFUSED' ? 'dead' : ['ENOENT', 'ENOTDIR'].includes(code) ? 'absent' : 'alive');
    });
  });
}

/**
 * Runs `use` with an address of the socket `wanted`: its path, or `/proc/self/fd/N/name` through its open
 * directory if the path is too long for a socket address (proc(5)). So the socket can always lie in the state
 * directory, to which only its user may write. Throws the system's error, and ENAMETOOLONG for a long path
 * without /proc.
 */
export async function withSocketAddress<T>(wanted: string, use: (address: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(wanted) <= socketPathLimitBytes) return await use(wanted);
  const directory = await fs.open(path.dirname(wanted), constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    const short = `/proc/self/fd/${directory.fd}`;
    if ((await fs.realpath(short).catch(() => undefined)) === undefined)
      throw Object.assign(new Error(`${wanted} is too long for a socket`), { code: 'ENAMETOOLONG' });
    return await use(path.join(short, path.basename(wanted)));
  } finally {
    await directory.close();
  }
}

/** Reports whether a process holds the lock, without touching it. */
export async function holderAlive(socket: string): Promise<boolean> {
  return (await probeSocket(socket)) === 'alive';
}

/** Returns a server that closes every connection, for a command that needs the lock but serves nothing. */
export function emptyServer(): LockServer {
  return net.createServer((connection) => connection.destroy());
}

/** Binds the server to a fresh name; the socket has mode 0600 before it gets the lock's name. */
async function listenPrivately(server: net.Server, socket: string): Promise<void> {
  const listens = (address: string) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen({ path: address }, () => {
        server.off('error', reject);
        resolve();
      });
    });
  await withSocketAddress(socket, listens);
  await fs.chmod(socket, 0o600);
}

/**
 * Puts back a living socket that was displaced by mistake. Returns true if there was one: its process holds
 * the lock.
 */
async function restoreDisplaced(socket: string): Promise<boolean> {
  const prefix = `${path.basename(socket)}.dead-`;
  for (const name of await fs.readdir(path.dirname(socket))) {
    if (!name.startsWith(prefix)) continue;
    const displaced = path.join(path.dirname(socket), name);
    const liveness = await probeSocket(displaced);
    if (liveness === 'alive') {
      await fs.rename(displaced, socket).catch(() => {});
      return true;
    }
    if (liveness === 'dead') await fs.rm(displaced, { force: true });
  }
  return false;
}

/** Tries once to give our listening socket (`own`) the lock's name; undefined means: try again. */
async function tryTake(socket: string, own: string): Promise<'taken' | 'busy' | 'no-socket' | undefined> {
  try {
    await fs.link(own, socket);
  } catch (error) {
    if (errorCode(error) !== 'EEXIST') throw error;
    const liveness = await probeSocket(socket);
    if (liveness === 'alive') return 'busy';
    if (liveness === 'no-socket') return 'no-socket';
    if (liveness === 'absent') return undefined;
    const displaced = `${socket}.dead-${randomHex(4)}`;
    try {
      await fs.rename(socket, displaced);
    } catch (renameError) {
      if (errorCode(renameError) === 'ENOENT') return undefined; // another one was faster
      throw renameError;
    }
    return (await restoreDisplaced(socket)) ? 'busy' : undefined;
  }
  if (await restoreDisplaced(socket)) return 'busy';
  return (await sameFile(own, socket)) ? 'taken' : undefined;
}

async function sameFile(a: string, b: string): Promise<boolean> {
  const [left, right] = await Promise.all([a, b].map((file) => fs.lstat(file).catch(() => undefined)));
  return left !== undefined && right !== undefined && left.ino === right.ino && left.dev === right.dev;
}

/**
 * Takes the lock `socket` with a server that does not listen yet; it listens on that socket while the lock is
 * held. `release` must be the last step of the holder: it removes the name, then closes the server. Never
 * throws for errors of the file system.
 */
export async function acquireSocketLock(socket: string, server: LockServer): Promise<SocketLock> {
  let own: string | undefined;
  let held = false;
  try {
    const alive = await probeSocket(socket);
    if (alive === 'alive') return busy(socket);
    if (alive === 'no-socket') return unavailable(`${socket} exists and is no socket`);
    // No longer than `admin.sock`, so that it fits wherever that name does.
    own = path.join(path.dirname(socket), `s${randomHex(4)}`);
    await listenPrivately(server, own);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const outcome = await tryTake(socket, own);
      if (outcome === 'taken') {
        held = true;
        return { held: true, path: socket, release: releaser(socket, await fs.lstat(socket), server) };
      }
      if (outcome === 'busy') return busy(socket);
      if (outcome === 'no-socket') return unavailable(`${socket} exists and is no socket`);
    }
    return unavailable(`${socket} is taken by other processes again and again`);
  } catch (error) {
    return unavailable(errorCode(error) || String(error));
  } finally {
    if (own !== undefined) await fs.rm(own, { force: true }).catch(() => {});
    if (!held && server.listening) server.close();
  }
}

function busy(socket: string): SocketLock {
  return { held: false, reason: 'busy', why: `another process holds ${socket}` };
}

function unavailable(why: string): SocketLock {
  return { held: false, reason: 'unavailable', why };
}

function releaser(
  socket: string,
  ours: { readonly ino: number; readonly dev: number },
  server: net.Server,
): () => Promise<void> {
  return async () => {
    const named = await fs.lstat(socket).catch(() => undefined);
    // If our name was removed by hand, a successor may hold it by now.
    if (named?.ino === ours.ino && named.dev === ours.dev)
      await fs.rm(socket, { force: true }).catch(() => {});
    if (server.listening) server.close();
  };
}
