/**
 * Files in other roots, with real ones: processes with their own root and mounts (unshare(1), chroot(1)),
 * replaced and ended by the test.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  constants,
  lchownSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { executableAt, listDirectory, readFile, realPathOf, stampOf } from '../../../src/host/files.ts';
import { listProcesses, ownUid } from '../../../src/host/machine.ts';
import {
  isRunning,
  openSync,
  type ProcessIdentity,
  processIdentity,
  releaseEndedRoots,
  resolveRooted,
  rooted,
  rootOf,
  sharesRoot,
  statSync,
} from '../../../src/host/root.ts';
import { readSmallSync, walkTree } from '../../../src/host/tree.ts';
import { watchFiles } from '../../../src/host/watch.ts';
import { ofProcess } from '../../../src/observe/environment/process-environment.ts';

const mayUnshare = process.getuid?.() === 0 && spawnSync('unshare', ['-m', 'true']).status === 0;
const skipped = mayUnshare ? '' : ' [skipped, missing: root and unshare(1)]';

const scratch = mkdtempSync(join(tmpdir(), 'roots-'));
const children: ChildProcess[] = [];

/** Starts a process whose root is a file system of its own, with the host’s programs in it. */
async function contained(name: string): Promise<ProcessIdentity & { readonly outside: string }> {
  const top = join(scratch, name);
  mkdirSync(top);
  const script = `set -e
mount -t tmpfs tmpfs '${top}'; cd '${top}'; mkdir usr etc proc home; mount --bind /usr usr
for one in bin lib lib64; do [ -e /$one ] && ln -s usr/$one $one; done
exec chroot '${top}' /bin/sh -c 'echo ready; exec /bin/sleep 600'`;
  return await started('unshare', ['-m', 'sh', '-c', script]);
}

async function started(command: string, args: readonly string[]) {
  const child = spawn(command, args, {
    env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', MARK: 'theirs' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await new Promise<void>((resolve, reject) => {
    child.stdout?.once('data', () => resolve());
    child.once('exit', (code) => reject(new Error(`${command} ended with ${code}`)));
  });
  const identity = processIdentity(child.pid as number) as ProcessIdentity;
  return { ...identity, outside: `/proc/${child.pid}/root` };
}

async function end({ pid }: ProcessIdentity): Promise<void> {
  const child = children.find((one) => one.pid === pid);
  const gone = new Promise((resolve) => child?.once('exit', resolve));
  child?.kill('SIGKILL');
  await gone;
}

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(scratch, { recursive: true, force: true });
});

describe.runIf(mayUnshare)(`another root${skipped}`, () => {
  let box: Awaited<ReturnType<typeof contained>>;
  let root = '';
  const put = (name: string, text: string) => writeFileSync(box.outside + name, text);
  const read = async (path: string) => {
    const found = await readFile({ root, path });
    return found.ok ? found.bytes.toString() : found.failure;
  };
  beforeAll(async () => {
    writeFileSync(join(scratch, 'secret'), 'of the host');
    box = await contained('box');
    root = rootOf(box);
    put('/etc/name', 'of the box');
  });

  it('has its own value, different from “/”', () => {
    expect(root).not.toBe('/');
    expect(sharesRoot(box.pid)).toBe(false);
    expect(rootOf(box)).toBe(root);
    expect(rootOf(processIdentity(process.pid) as ProcessIdentity)).toBe('/');
  });

  it('follows symlinks inside, with absolute targets and .. relative to its top', async () => {
    symlinkSync('/etc/name', `${box.outside}/home/absolute`);
    symlinkSync('../../../../../etc/name', `${box.outside}/home/upward`);
    symlinkSync('/home/absolute', `${box.outside}/home/twice`);
    for (const name of ['absolute', 'upward', 'twice'])
      expect(await read(`/home/${name}`)).toBe('of the box');
    expect(await read('/home/../../../etc/name')).toBe('of the box');
    expect(await listDirectory({ root, path: '/etc' })).toEqual(['name']);
    expect((await executableAt({ root, path: '/bin/sh' }, 'own'))?.realPath).toMatch(/\/usr\/bin\/\w+$/);
  });

  it('follows a symlink only where its owner may go, as on the host', async () => {
    put('/etc/private', 'of its root');
    put('/etc/tool', '#!/bin/sh\n');
    chmodSync(`${box.outside}/etc/private`, 0o600);
    chmodSync(`${box.outside}/etc/tool`, 0o700);
    mkdirSync(`${box.outside}/home/theirs`);
    mkdirSync(`${box.outside}/home/kept`, { mode: 0o700 });
    put('/home/kept/name', '');
    for (const [name, target] of Object.entries({
      file: '/etc/private',
      tool: '/etc/tool',
      folder: '../kept',
      fine: '/etc/name',
    })) {
      symlinkSync(target, `${box.outside}/home/theirs/${name}`);
      lchownSync(`${box.outside}/home/theirs/${name}`, 64_321, 64_321);
    }
    const at = (name: string) => ({ root, path: `/home/theirs/${name}` });
    expect(await read('/home/theirs/file')).toBe('denied');
    expect(executableAt(at('tool'), 'own')).toBeUndefined();
    expect(listDirectory(at('folder'))).toEqual([]);
    expect(realPathOf(at('folder'))).toBeUndefined();
    expect(await read('/home/theirs/fine')).toBe('of the box');
    lchownSync(`${box.outside}/home/theirs/file`, 0, 0);
    expect(await read('/home/theirs/file')).toBe('of its root');
  });

  it('shows nothing of the host: not by a path, a symlink or a loop', async () => {
    symlinkSync(join(scratch, 'secret'), `${box.outside}/home/host`);
    symlinkSync('loop', `${box.outside}/home/loop`);
    for (const path of [join(scratch, 'secret'), '/home/host']) expect(await read(path)).toBe('absent');
    expect(await read('/home/loop')).toBe('failed');
    expect(await stampOf({ root, path: '/home/host' })).toBeUndefined();
  });

  it('refuses a path that becomes a symlink between resolving and opening', () => {
    mkdirSync(`${box.outside}/home/a/b`, { recursive: true });
    put('/home/a/b/file', 'of the box');
    const real = resolveRooted(rooted(root, '/home/a/b/file'));
    const flags = constants.O_RDONLY | constants.O_NONBLOCK;
    closeSync(openSync(real, flags));
    mkdirSync(join(scratch, 'a/b'), { recursive: true });
    writeFileSync(join(scratch, 'a/b/file'), 'of the host');
    // A process in that root could do this if it knew its path on the host.
    for (const part of ['/home/a', '/home/a/b', '/home/a/b/file']) {
      renameSync(box.outside + part, `${box.outside}/home/aside`);
      symlinkSync(join(scratch, part.slice('/home/'.length)), box.outside + part);
      expect(() => openSync(real, flags), part).toThrow(/ENOTDIR|ELOOP/);
      expect(readSmallSync(real), part).toBeUndefined();
      rmSync(box.outside + part);
      renameSync(`${box.outside}/home/aside`, box.outside + part);
    }
    expect(readSmallSync(real)?.toString()).toBe('of the box');
    const tree = realPathOf({ root, path: '/home/a' }) as string;
    expect([...walkTree(tree)].map(({ name }) => name).sort()).toEqual(['', 'b', 'b/file']);
  });

  it('differs from another root with the same inode, and from other mounts over the same root', async () => {
    const other = await contained('other');
    writeFileSync(`${other.outside}/etc/name`, 'of the other');
    const theirs = rootOf(other);
    expect(statSync(theirs)?.ino).toBe(statSync(root)?.ino);
    expect(theirs).not.toBe(root);
    const found = await readFile({ root: theirs, path: '/etc/name' });
    expect(found.ok && found.bytes.toString()).toBe('of the other');
    expect(await read('/etc/name')).toBe('of the box');
    mkdirSync(join(scratch, 'empty'));
    mkdirSync(join(scratch, 'seen'));
    writeFileSync(join(scratch, 'seen/file'), 'of the host');
    const mounted = await started('unshare', [
      '-m',
      'sh',
      '-c',
      `mount --bind '${scratch}/empty' '${scratch}/seen' && echo ready && exec sleep 600`,
    ]);
    const same = rootOf(mounted);
    expect(same).not.toBe('/');
    expect((await readFile({ root: same, path: join(scratch, 'seen/file') })).ok).toBe(false);
    expect((await readFile({ root: same, path: join(scratch, 'secret') })).ok).toBe(true);
  });

  it('is watched at its own paths', async () => {
    const seen: string[] = [];
    let told = () => {};
    const announced = new Promise<void>((resolve) => {
      told = resolve;
    });
    const watcher = watchFiles((file) => {
      seen.push(file);
      told();
    });
    try {
      expect(watcher.set([rooted(root, '/etc/watched')])).toBe(1);
      put('/etc/watched', 'new');
      await announced;
      expect(seen).toContain(rooted(root, '/etc/watched'));
    } finally {
      watcher.close();
    }
  });

  it('is read with the environment of its process, and not at all once the process is gone', async () => {
    const short = await contained('short');
    writeFileSync(`${short.outside}/etc/name`, 'of the short one');
    const listed = (await listProcesses()).find(({ pid }) => pid === short.pid);
    expect(listed?.start).toBe(short.start);
    const before = environmentOf(short);
    expect(before?.reading).toEqual({ source: 'process', readable: true, reason: 'ok' });
    expect(before?.variables.get('MARK')).toBe('theirs');
    expect(before?.root).toBe(rootOf(short));
    await end(short);
    expect(isRunning(short)).toBe(false);
    const after = environmentOf(short);
    expect(after?.reading).toEqual({ source: 'process', readable: false, reason: 'not-found' });
    expect(() => rootOf(short)).toThrow(/ENOENT/);
  });

  it('is released once its process has ended, so that it can be unmounted', async () => {
    const over = join(scratch, 'over');
    mkdirSync(over);
    spawnSync('mount', ['-t', 'tmpfs', 'tmpfs', over]);
    const unmounted = () => spawnSync('umount', [over]).status === 0;
    try {
      for (const name of ['usr', 'etc']) mkdirSync(join(over, name));
      for (const name of ['bin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(over, name));
      writeFileSync(join(over, 'etc/name'), 'of the ended one');
      // The process has its own mounts; after its end only the open root keeps them busy.
      const inside = `mount --bind /usr '${over}/usr'; exec chroot '${over}' /bin/sh -c 'echo ready; exec /bin/sleep 600'`;
      const ended = await started('unshare', ['-m', 'sh', '-c', inside]);
      const theirs = rootOf(ended);
      const ofEnded = () => readFile({ root: theirs, path: '/etc/name' }).ok;
      releaseEndedRoots();
      expect(ofEnded()).toBe(true);
      await end(ended);
      releaseEndedRoots();
      expect(ofEnded()).toBe(false);
      expect(unmounted()).toBe(true);
    } finally {
      unmounted();
    }
  });
});

/** Returns what is read of a process of this user. */
function environmentOf(process: ProcessIdentity) {
  const found = ofProcess(process, ownUid);
  return found === 'mixed' ? undefined : found;
}

describe('a process', () => {
  it('is gone if another process has its pid now', async () => {
    const { pid, start } = processIdentity(process.pid) as ProcessIdentity;
    const before = { pid, start: `${Number(start) - 1}` };
    expect(isRunning({ pid, start })).toBe(true);
    expect(isRunning(before)).toBe(false);
    expect(() => rootOf(before)).toThrow(/ENOENT/);
    expect(environmentOf(before)?.reading).toMatchObject({ readable: false, reason: 'not-found' });
  });

  it('that never existed has no root, and a closed root’s name leads nowhere', async () => {
    expect(() => rootOf({ pid: 2 ** 22 + 1, start: '1' })).toThrow(/ENOENT/);
    for (const root of ['/proc/.root-0-1-2-3-4', '/proc/.root-99999-1-2-3-4', '/proc/.root-x']) {
      expect((await readFile({ root, path: '/etc/passwd' })).ok).toBe(false);
      expect(await stampOf({ root, path: '/' })).toBeUndefined();
    }
  });
});
