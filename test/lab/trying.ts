/** Starts `godrift try` in tests. */
import { execa } from 'execa';
import { patienceMs, program, type World } from './godrift.ts';

/** The tried command, which writes another GOFLAGS into the GOENV file. */
export const tried = ['--', 'go', 'env', '-w', 'GOFLAGS=-mod=mod'];

/** Starts a try without waiting for its end. */
export const startTry = (world: World, ...args: string[]) =>
  execa(process.execPath, [program, 'try', ...args], {
    cwd: world.workspace,
    env: world.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: patienceMs,
  });
