import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { link, mkdir, readdir, rename, stat, writeFile } from 'node:fs/promises';
import net from 'node:net';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import {
  acquireSocketLock,
  emptyServer,
  probeSocket,
  type SocketLock,
  withSocketAddress,
} from '../../../src/host/lock.ts';
import { scratch } from '../store/scratch.ts';

async function acquire(socket: string): Promise<SocketLock> {
  const lock = await acquireSocketLock(socket, emptyServer());
  if (lock.held) onTestFinished(lock.release);
  return lock;
}

/** Leaves the socket of a killed process, as after kill -9. */
async function deadSocket(socket: string): Promise<void> {
  const program = `require('net').createServer().listen(${JSON.stringify(socket)}, () => console.log('up'))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  await once(child.stdout, 'data');
  child.kill('SIGKILL');
  await once(child, 'exit');
}

test('a lock has one holder at a time, and can be taken after its release', async () => {
  const socket = path.join(await scratch(), 'admin.sock');
  const first = await acquire(socket);
  expect(first).toMatchObject({ held: true, path: socket });
  expect((await stat(socket)).mode & 0o777).toBe(0o600);
  expect(await acquire(socket)).toMatchObject({ held: false, reason: 'busy' });
  if (first.held) await first.release();
  expect(await readdir(path.dirname(socket))).toEqual([]);
  expect(await acquire(socket)).toMatchObject({ held: true });
});

test('the lock listens with the given server', async () => {
  const socket = path.join(await scratch(), 'admin.sock');
  const server = net.createServer((connection) => connection.end('hello'));
  const lock = await acquireSocketLock(socket, server);
  const connection = net.connect(socket);
  expect(String((await once(connection, 'data'))[0])).toBe('hello');
  if (lock.held) await lock.release();
  expect(server.listening).toBe(false);
});

test('one of many concurrent callers gets the lock, even over a dead socket', async () => {
  for (const dead of [false, true]) {
    const socket = path.join(await scratch(), 'admin.sock');
    if (dead) await deadSocket(socket);
    for (let round = 0; round < 20; round++) {
      const locks = await Promise.all(
        Array.from({ length: 8 }, () => acquireSocketLock(socket, emptyServer())),
      );
      const held = locks.filter((lock) => lock.held);
      expect(held).toHaveLength(1);
      expect(locks.filter((lock) => !lock.held && lock.reason !== 'busy')).toEqual([]);
      expect(await readdir(path.dirname(socket))).toEqual(['admin.sock']);
      for (const lock of held) await lock.release();
    }
  }
});

test('the lock of a dead holder is taken over', async () => {
  const socket = path.join(await scratch(), 'admin.sock');
  await deadSocket(socket);
  expect(await probeSocket(socket)).toBe('dead');
  expect(await acquire(socket)).toMatchObject({ held: true });
  expect(await readdir(path.dirname(socket))).toEqual(['admin.sock']);
});

test('a living holder whose socket was renamed by a slow rival keeps the lock', async () => {
  const socket = path.join(await scratch(), 'admin.sock');
  await acquire(socket);
  // The rival saw a dead socket, was slow, renamed the living one, and died before it checked again.
  await rename(socket, `${socket}.dead-0badcafe`);
  expect(await acquire(socket)).toMatchObject({ held: false, reason: 'busy' });
  expect(await probeSocket(socket)).toBe('alive');
  expect(await readdir(path.dirname(socket))).toEqual(['admin.sock']);
});

test('a file that is no socket is left alone', async () => {
  const socket = path.join(await scratch(), 'admin.sock');
  await writeFile(socket, 'precious');
  expect(await acquire(socket)).toMatchObject({ held: false, reason: 'unavailable' });
  expect((await stat(socket)).size).toBe(8);
});

test('in an absent directory the lock is unavailable, with a reason', async () => {
  const lock = await acquire(path.join(await scratch(), 'absent', 'admin.sock'));
  expect(lock).toMatchObject({ held: false, reason: 'unavailable', why: expect.any(String) });
});

test('release leaves the socket of a successor that took over the name', async () => {
  const socket = path.join(await scratch(), 'admin.sock');
  const first = await acquire(socket);
  await rename(socket, `${socket}.moved`);
  await acquire(socket);
  if (first.held) await first.release();
  expect(await probeSocket(socket)).toBe('alive');
});

test('a path too long for a socket address is reached through its directory', async () => {
  const long = path.join(await scratch(), 'd'.repeat(120));
  await mkdir(long);
  const socket = path.join(long, 'admin.sock');
  const first = await acquire(socket);
  expect(first).toMatchObject({ held: true, path: socket });
  expect(await readdir(long)).toEqual(['admin.sock']);
  expect(await acquire(socket)).toMatchObject({ held: false, reason: 'busy' });
  expect(await probeSocket(socket)).toBe('alive');
  const answer = await withSocketAddress(socket, async (address) => {
    const connection = net.connect({ path: address });
    await once(connection, 'connect');
    connection.destroy();
    return address;
  });
  expect(answer).toMatch(/^\/proc\/self\/fd\/\d+\/admin\.sock$/);
  if (first.held) await first.release();
  expect(await readdir(long)).toEqual([]);
});

test('a hard link to a dead socket counts as dead too', async () => {
  const directory = await scratch();
  await deadSocket(path.join(directory, 'x.sock'));
  await link(path.join(directory, 'x.sock'), path.join(directory, 'admin.sock'));
  expect(await acquire(path.join(directory, 'admin.sock'))).toMatchObject({ held: true });
});
