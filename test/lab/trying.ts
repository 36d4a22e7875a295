/** `godrift try` as tests start it. */
import { execa } from 'execa';
import { patienceMs, program, type World } from './godrift.ts';

/** The command that is tried: it writes another GOFLAGS into the GOENV file. */
export const tried = ['--', 'go', 'env', '-w', 'GOFLAGS=-mod=mod'];

/** A try that is not waited for. */
export const startTry = (world: World, ...args: string[]) =>
  execa(process.execPath, [program, 'try', ...args], {
    cwd: world.workspace,
    env: world.env,
    extendEnv: false,
    reject: false,
    stdin: 'ignore',
    timeout: patienceMs,
  });
