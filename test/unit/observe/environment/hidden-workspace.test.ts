/** Files below a directory that may not be searched: they do not count as gone, since they may still exist. */
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noWorkspace } from '../../../../src/cli/settings/configured-targets.ts';
import { readMachine, systemClock } from '../../../../src/host/machine.ts';
import type { ReadEnvironment } from '../../../../src/observe/environment/process-environment.ts';
import { readEnvironment } from '../../../../src/observe/environment/process-environment.ts';
import { observe } from '../../../../src/observe/observer.ts';

const isRoot = process.getuid?.() === 0;
const nobody = 65_534;
let lab = '';
let workspace = '';

beforeAll(() => {
  lab = mkdtempSync(join(tmpdir(), 'hidden-'));
  workspace = join(lab, 'closed/app');
  mkdirSync(workspace, { recursive: true });
  writeFileSync(join(workspace, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
  writeFileSync(join(lab, 'closed/api.env'), 'GOFLAGS=-v\0');
  if (isRoot) for (const one of [lab, join(lab, 'closed'), workspace]) chownSync(one, nobody, nobody);
  chmodSync(join(lab, 'closed'), 0);
});
afterAll(() => {
  chmodSync(join(lab, 'closed'), 0o700);
  rmSync(lab, { recursive: true });
});

/**
 * Runs `act` as a user who may not search the directory. Without root, the user of the test is already such a
 * user.
 */
async function asNobody<T>(act: () => Promise<T>): Promise<T> {
  if (!isRoot) return await act();
  process.seteuid?.(nobody);
  try {
    return await act();
  } finally {
    process.seteuid?.(0);
  }
}

const settingsOf = (where: string) =>
  ({
    name: 'p',
    workspace: where,
    environment: { from: 'none' },
    pool: '',
    baseline: 'learned',
    pins: { goMod: 'floor', tools: {} },
    required: [],
    tools: [],
  }) as const;

async function reasonOf(where: string, environment?: ReadEnvironment) {
  const { observation } = await observe(settingsOf(where), readMachine(), systemClock, {
    ...(environment === undefined ? {} : { environment }),
  });
  return [observation.environment.reason, observation.runs[0]?.why];
}

describe('below an unsearchable directory', () => {
  it('a workspace is denied, not gone', async () => {
    expect(await asNobody(() => reasonOf(workspace))).toEqual([
      'denied',
      'a directory above the workspace may not be searched',
    ]);
    expect(await asNobody(() => reasonOf(join(lab, 'none')))).toEqual([
      'workspace-absent',
      'the workspace is gone',
    ]);
  });

  it('a file that publishes an environment is denied, not absent', async () => {
    const read = async (name: string) =>
      await readEnvironment(
        { environment: { from: 'file', path: join(lab, name) }, workspace: '' },
        readMachine(),
      );
    expect((await asNobody(() => read('closed/api.env'))).reading.reason).toBe('denied');
    expect((await asNobody(() => read('none.env'))).reading.reason).toBe('absent');
  });

  it('a directory named by a command gives “permission denied”, not “no such directory”', async () => {
    const { message } = await asNobody(async () => noWorkspace('look at', workspace));
    expect(message).toContain('permission denied');
    expect(noWorkspace('look at', join(lab, 'none')).message).toContain('no such directory');
  });
});
