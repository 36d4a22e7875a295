/** Whose process a selector means: one of any name can be started by anybody. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { readMachine } from '../../../src/host/machine.ts';
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

/** A process of a uid with a mark in its environment. */
async function runs(uid: number, cmdline: string): Promise<void> {
  const words = uid === 0 ? [] : ['setpriv', ...nobody(uid)];
  const [command = '', ...args] = [...words, 'sh', '-c', `echo ready; exec ${cmdline}`];
  const child = spawn(command, args, {
    env: { PATH: '/usr/bin:/bin', MARK: `${uid}` },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
}

describe.skipIf(!mayBeNobody)(`the process of a target${skipped}`, () => {
  // As no other run of the tests would call it.
  const cmdline = `sleep 6${process.pid}`;
  const markOf = async (workspace: string, uid?: number) => {
    const environment = { from: 'process', cmdline, uid } as const;
    const { reading, variables } = await readEnvironment({ environment, workspace }, readMachine());
    return reading.readable ? variables.get('MARK') : reading.reason;
  };

  it('is one of root, of this user or of the owner of the workspace, unless a uid says more', async () => {
    const workspace = mkdtempSync(join(tmpdir(), 'owned-'));
    folders.push(workspace);
    chmodSync(workspace, 0o755);
    await runs(64_321, cmdline);
    expect(await markOf(workspace)).toBe('not-found');
    expect(await markOf(workspace, 64_321)).toBe('64321');
    await runs(0, cmdline);
    await runs(64_322, cmdline);
    expect(await markOf(workspace)).toBe('0');
    expect(await markOf('')).toBe('0');
    chownSync(workspace, 64_322, 64_322);
    expect(await markOf(workspace)).toBe('64322');
    chownSync(workspace, 64_321, 64_321);
    // The younger one.
    expect(await markOf(workspace)).toBe('0');
    expect(await markOf(workspace, 64_321)).toBe('64321');
  });
});
