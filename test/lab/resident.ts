/**
 * Runs the built program many times in a few long-lived processes, one for each core. For tests that run it
 * hundreds of times and are not about its start. They also cover state that a process keeps from one run to
 * the next.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { patienceMs, program } from './godrift.ts';
import type { RunResult } from './toolchains.ts';

/** A command line with its complete environment and directory. */
export interface ResidentRun {
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
}

/** The entry module for all commands, which can be evaluated repeatedly. */
const mainModule = join(program, '../main.mjs');
/** Time limit of one run, ms. */
const limit = patienceMs;
/** A process is replaced after this many runs, since each leaves the modules of the entry file in memory. */
const runsOfOneProcess = 200;

interface Resident {
  readonly child: ChildProcess;
  runs: number;
}

const idle: Resident[] = [];
const waiting: ((resident: Resident) => void)[] = [];
let alive = 0;

function start(): Resident {
  alive++;
  const child = fork(join(import.meta.dirname, 'resident-program.js'), [mainModule], { execArgv: [] });
  child.unref();
  child.channel?.unref();
  return { child, runs: 0 };
}

async function take(): Promise<Resident> {
  const free = idle.pop();
  if (free !== undefined) return free;
  if (alive < availableParallelism()) return start();
  return await new Promise((resolve) => waiting.push(resolve));
}

function release(resident: Resident): void {
  const worn = resident.runs >= runsOfOneProcess || !resident.child.connected;
  if (worn) {
    alive--;
    resident.child.kill();
  }
  const next = waiting.shift();
  if (next !== undefined) next(worn ? start() : resident);
  else if (!worn) idle.push(resident);
}

function answer({ child }: Resident, run: ResidentRun): Promise<RunResult> {
  return new Promise((resolve, reject) => {
    const settle = (done: () => void) => {
      clearTimeout(timer);
      child.removeAllListeners();
      done();
    };
    const fail = (why: string) => () =>
      settle(() => {
        child.disconnect();
        reject(new Error(`godrift ${run.args.join(' ')} ${why}`));
      });
    const timer = setTimeout(fail('does not end'), limit);
    child.once('message', (said: RunResult) => settle(() => resolve(said)));
    child.once('exit', fail('ended its process'));
    child.send(run);
  });
}

/**
 * Runs the built program once, in a resident process. Rejects if it does not end in time or ends its process.
 */
export async function runResident(run: ResidentRun): Promise<RunResult> {
  const resident = await take();
  resident.runs++;
  try {
    return await answer(resident, run);
  } finally {
    release(resident);
  }
}
