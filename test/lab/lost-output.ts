/** Standard outputs that fail: a pipe without a reader, and a full disk. */
import { execFileSync, spawnSync } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import { join } from 'node:path';
import { patienceMs, program, type World } from './godrift.ts';
import { scratch } from './toolchains.ts';

/** Opens such an output; a write fails with EPIPE or ENOSPC. */
const opened = {
  'a reader that has gone': () => {
    const pipe = join(scratch('pipe'), 'fifo');
    execFileSync('mkfifo', [pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writer = openSync(pipe, constants.O_WRONLY);
    closeSync(reader);
    return writer;
  },
  'a full disk': () => openSync('/dev/full', 'w'),
} as const;

/** The kind of failing output. */
export type Loss = keyof typeof opened;

/** The end of a command whose output failed; `exitCode` is null if a signal ended it. */
export interface Unheard {
  readonly exitCode: number | null;
  readonly stderr: string;
}

/** Runs a command to its end in the world's workspace, with a failing standard output. */
export function godriftInto(
  loss: Loss,
  world: World,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Unheard {
  const stdout = opened[loss]();
  try {
    const { status, stderr } = spawnSync(process.execPath, [program, ...args], {
      cwd: world.workspace,
      env: { ...world.env, ...env },
      stdio: ['ignore', stdout, 'pipe'],
      encoding: 'utf8',
      timeout: patienceMs,
    });
    return { exitCode: status, stderr };
  } finally {
    closeSync(stdout);
  }
}
