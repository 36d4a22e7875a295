/** A private scratch directory per test, with a state directory in it, and a fixed clock. */
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { onTestFinished } from 'vitest';
import { openStateDirectory, type StateDirectory } from '../../../src/store/state-directory.ts';

/** Makes an empty directory that is removed after the test. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(path.join(os.tmpdir(), 'godrift-store-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Opens a state directory below a scratch directory. */
export async function scratchState(): Promise<StateDirectory> {
  return openStateDirectory(path.join(await scratch(), 'state'));
}

/** 2026-11-22T08:15:30.123Z */
export const noon = Date.UTC(2026, 10, 22, 8, 15, 30, 123);
