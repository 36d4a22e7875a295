/**
 * A lock that needs no cleaning up: a Unix socket under a fixed name, held while its process listens (decision record
 * 0003). unix(7): connect(2) to a socket file whose process is gone answers ECONNREFUSED, so a dead holder is told from
 * a living one without pids. For local file systems; a state directory on NFS is not protected between machines.
 *
 * The name is taken with link(2), which fails when it exists. A dead name is renamed to `<name>.dead-…` before it is
 * removed, because between looking and renaming another process may have taken the name over. Whoever finds a living
 * socket under such a name puts it back, and whoever linked its own in the meantime looks for one and yields.
 */
import { promises as fs } from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { directoryFacts, ensureDirectory } from './atomic.ts';
import { randomHex, sha256Hex } from './digest.ts';
import { errorCode } from './files.ts';

/** Longest path of a Unix socket: sun_path without its final NUL (unix(7): 108 on Linux, 104 on the BSDs and macOS). */
export const socketPathLimitBytes = process.platform === 'linux' ? 107 : 103;

/** How long a holder may take to accept before it counts as alive but busy. */
const probeLimitMs = 1000;
const attempts = 16;

/** A server that does not listen yet: the admin API's, or an empty one. */
export type LockServer = net.Server;

/** `busy`: another process holds the lock. `unavailable`: no lock can be had here (read-only, full, no permission). */
export type SocketLock =
  | { readonly held: true; readonly path: string; readonly release: () => Promise<void> }
  | { readonly held: false; readonly reason: 'busy' | 'unavailable'; readonly why: string };

type Liveness = 'alive' | 'dead' | 'absent' | 'no-socket';

/** Whether a process listens there. Every doubt (no permission, full backlog, no answer in time) counts as alive. */
export async function probeSocket(socket: string): Promise<Liveness> {
  const stat = await fs.lstat(socket).catch((error: unknown) => errorCode(error));
  if (stat === 'ENOENT') return 'absent';
  if (typeof stat !== 'string' && !stat.isSocket()) return 'no-socket';
  return new Promise((resolve) => {
    const connection = net.connect({ path: socket });
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

/** A directory with a short path for the sockets of a directory with a long one. */
function shortDirectory(real: string, runtimeDirectory: string | undefined): string {
  const base =
    runtimeDirectory !== undefined && path.isAbsolute(runtimeDirectory) ? runtimeDirectory : os.tmpdir();
  return path.join(base, `godrift-${process.geteuid?.() ?? 0}-${sha256Hex(real).slice(0, 16)}`);
}

/**
 * Where a socket of that name really lies: there, or, when the path is too long for a socket address, in a directory
 * of its own (0700) below $XDG_RUNTIME_DIR or the temporary directory, named after a digest of the path. All processes
 * of one state directory must see the same of the two, as they do within a service or a login.
 */
export async function socketAddress(
  wanted: string,
  runtimeDirectory = process.env['XDG_RUNTIME_DIR'],
): Promise<string> {
  if (Buffer.byteLength(wanted) <= socketPathLimitBytes) return wanted;
  const real = await fs.realpath(path.dirname(wanted)).catch(() => path.resolve(path.dirname(wanted)));
  const short = shortDirectory(real, runtimeDirectory);
  await ensureDirectory(short);
  const facts = await directoryFacts(short);
  // The temporary directory is everybody's: what another user put there under our name is not trusted.
  if (
    facts === undefined ||
    facts.symbolicLink ||
    !facts.directory ||
    !facts.own ||
    (facts.mode & 0o077) !== 0
  ) {
    throw Object.assign(new Error(`${short} is not a private directory of this user`), { code: 'EPERM' });
  }
  return path.join(short, path.basename(wanted));
}

/** Whether somebody holds the lock `wanted`. Looks only: where the socket lies elsewhere, nothing is made. */
export async function holderAlive(
  wanted: string,
  runtimeDirectory = process.env['XDG_RUNTIME_DIR'],
): Promise<boolean> {
  const real = await fs.realpath(path.dirname(wanted)).catch(() => path.resolve(path.dirname(wanted)));
  const socket =
    Buffer.byteLength(wanted) <= socketPathLimitBytes
      ? wanted
      : path.join(shortDirectory(real, runtimeDirectory), path.basename(wanted));
  return (await probeSocket(socket)) === 'alive';
}

/** An empty server for those who need the lock and serve nothing (a command that writes while no exporter runs). */
export function emptyServer(): LockServer {
  return net.createServer((connection) => connection.destroy());
}

/** Binds the server to a fresh name; the socket is 0600 before anyone can find it under the lock's name. */
async function listenPrivately(server: net.Server, socket: string): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen({ path: socket }, () => {
      server.off('error', reject);
      resolve();
    });
  });
  await fs.chmod(socket, 0o600);
}

/** Puts back a living socket that was displaced by mistake. True when there was one: its process holds the lock. */
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

/** One attempt to give our listening socket (`own`) the lock's name; undefined means: look again. */
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
 * Takes the lock `socket` with a server that does not listen yet; it listens on that very socket while the lock is
 * held. `release` is the last thing a holder does: it removes the name, then closes the server. Never throws for what
 * the file system answers.
 */
export async function acquireSocketLock(wanted: string, server: LockServer): Promise<SocketLock> {
  let own: string | undefined;
  let held = false;
  try {
    const socket = await socketAddress(wanted);
    const alive = await probeSocket(socket);
    if (alive === 'alive') return busy(socket);
    if (alive === 'no-socket') return unavailable(`${socket} exists and is no socket`);
    // No longer than `admin.sock`, so that it fits wherever that fits.
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
    return unavailable(`${socket} changes hands all the time`);
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
    // Somebody may have removed our name by hand, and a successor taken it: that one is not ours to remove.
    if (named?.ino === ours.ino && named.dev === ours.dev)
      await fs.rm(socket, { force: true }).catch(() => {});
    if (server.listening) server.close();
  };
}
