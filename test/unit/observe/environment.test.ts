/** Which process a selector matches: any user can start a process of any name. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { readMachine } from '../../../src/host/machine.ts';
import { processOwner, readOwned } from '../../../src/host/process-owner.ts';
import { readEnvironment } from '../../../src/observe/environment/process-environment.ts';

const nobody = (uid: number) => [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups'];
const mayBeNobody =
  process.getuid?.() === 0 && spawnSync('setpriv', [...nobody(65_534), 'true']).status === 0;
const skipped = mayBeNobody ? '' : ' [skipped, missing: root and setpriv(1)]';

const children: ChildProcess[] = [];
const folders: string[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
});

/** Starts a process of this uid with a mark in its environment. Returns its pid. */
async function runs(uid: number, cmdline: string): Promise<number> {
  const words = uid === 0 ? [] : ['setpriv', ...nobody(uid)];
  const [command = '', ...args] = [...words, 'sh', '-c', `echo ready; exec ${cmdline}`];
  const child = spawn(command, args, {
    env: { PATH: '/usr/bin:/bin', MARK: `${uid}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  // The shell reports that it runs before it becomes the selected program.
  const isThere = () =>
    readFileSync(`/proc/${child.pid}/cmdline`, 'utf8') === `${cmdline.replace(' ', '\0')}\0`;
  await vi.waitUntil(isThere, 100_000);
  return child.pid as number;
}

describe.skipIf(!mayBeNobody)(`the process of a target${skipped}`, () => {
  // A command line that no other test run uses.
  const cmdline = `sleep 6${process.pid}`;
  const markOf = async (workspace: string, uid?: number) => {
    const environment = { from: 'process', cmdline, uid } as const;
    const { reading, variables } = await readEnvironment({ environment, workspace }, readMachine());
    return reading.readable ? variables.get('MARK') : reading.reason;
  };

  /**
   * Starts a program of user nobody that runs with root’s rights: by its effective uid alone, or by all ids,
   * as `su` and `sudo` do.
   */
  async function gains(how: 'effective' | 'all'): Promise<void> {
    const folder = mkdtempSync(join(tmpdir(), 'setuid-'));
    folders.push(folder);
    chmodSync(folder, 0o755);
    const program = join(folder, 'perl');
    copyFileSync('/usr/bin/perl', program);
    chmodSync(program, 0o4755);
    const code = `${how === 'all' ? '$< = $>; ' : ''}$| = 1; print "ready\\n"; sleep 600`;
    const child = spawn('setpriv', [...nobody(65_534), program, '-e', code, cmdline], {
      env: { PATH: '/usr/bin:/bin', MARK: 'setuid' },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    children.push(child);
    await new Promise((resolve) => child.stdout?.once('data', resolve));
    const ids = how === 'all' ? '0 0 0 0' : '65534 0 0 0';
    const status = readFileSync(`/proc/${child.pid}/status`, 'utf8');
    expect(/^Uid:\s*(.*)$/m.exec(status)?.[1]?.replaceAll('\t', ' ')).toBe(ids);
  }
  const hasPerl = existsSync('/usr/bin/perl');

  it.runIf(hasPerl).each(['effective', 'all'] as const)(
    `is never a process that gained another user’s rights (%s ids)${hasPerl ? '' : ' [skipped, missing: perl]'}`,
    async (how) => {
      await gains(how);
      const asked = how === 'all' ? 0 : 65_534;
      expect(await markOf('')).toBe(how === 'all' ? 'denied' : 'uid');
      expect(await markOf('', asked)).toBe('denied');
      // An older process of the requested user is still found.
      await runs(asked, cmdline);
      await gains(how);
      expect(await markOf('', asked)).toBe(`${asked}`);
    },
  );

  it('is refused if it changes its user or its program while it is read', async () => {
    const pid = await runs(64_321, cmdline);
    const read = (uid: number, meanwhile = () => {}) => {
      const owned = readOwned(pid, uid, meanwhile);
      return 'refused' in owned ? owned.refused : owned.credentials.uid;
    };
    expect(read(64_321)).toBe(64_321);
    expect(read(0)).toBe('changed');
    const waiting = spawn(
      'setpriv',
      [...nobody(64_321), 'sh', '-c', 'echo ready; read line; exec sleep 600'],
      {
        stdio: ['pipe', 'pipe', 'inherit'],
      },
    );
    children.push(waiting);
    await new Promise((resolve) => waiting.stdout?.once('data', resolve));
    const { pid: shell = 0 } = waiting;
    const mark = () => {
      try {
        return processOwner(shell).mark;
      } catch {
        return before; // during exec the process has no auxiliary vector
      }
    };
    const before: string = processOwner(shell).mark;
    const owned = readOwned(shell, 64_321, () => {
      writeSync((waiting.stdin as unknown as { _handle: { fd: number } })._handle.fd, 'go\n');
      while (mark() === before);
    });
    expect(owned).toEqual({ refused: 'changed' });
  });

  it('belongs to root, to this user or to the owner of the workspace, unless a uid is given', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'owned-'));
    folders.push(workspace);
    chmodSync(workspace, 0o755);
    await runs(64_321, cmdline);
    expect(await markOf(workspace)).toBe('uid');
    expect(await markOf(workspace, 64_321)).toBe('64321');
    await runs(0, cmdline);
    await runs(64_322, cmdline);
    expect(await markOf(workspace)).toBe('0');
    expect(await markOf('')).toBe('0');
    chownSync(workspace, 64_322, 64_322);
    expect(await markOf(workspace)).toBe('64322');
    chownSync(workspace, 64_321, 64_321);
    // The younger of the two matching processes is chosen.
    expect(await markOf(workspace)).toBe('0');
    expect(await markOf(workspace, 64_321)).toBe('64321');
  });
});
