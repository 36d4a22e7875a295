/**
 * The door for what runs in a sandbox, as a group of processes of its own with a time limit and a kill ladder: the command that the user of `godrift blame` named
 * (decision 0114), and go where the configuration wants a rollback to be tried (0106). Observing never comes through here.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';

/** What of the output is kept, bytes; the rest is counted by nobody. */
const outputBytes = 1024 * 1024;
/** From SIGTERM to SIGKILL, ms. */
const killAfterMs = 2_000;

/** How a command in a sandbox ended. */
export interface SandboxEnding {
  /** Undefined where a signal or the limit ended it. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Its output, both streams as they came; the first MiB. */
  readonly output: string;
  /** From the command's start to its end, ms. */
  readonly ms: number;
}

/** What is started. */
export interface SandboxStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal?: AbortSignal;
}

/** Signals a whole group; one that is gone is none. */
function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {}
}

/** Collects what comes, up to the bound. */
function collector() {
  const parts: Buffer[] = [];
  let left = outputBytes;
  return {
    take: (chunk: Buffer) => {
      if (left > 0) parts.push(chunk.subarray(0, left));
      left -= chunk.length;
    },
    text: () => Buffer.concat(parts).toString('utf8'),
  };
}

/** Runs it to its end. `refused` where the sandbox could not be made, in the words of who made it. Nothing throws. */
export function runInSandbox({
  file,
  args,
  env,
  limitMs,
  signal,
}: SandboxStart): Promise<SandboxEnding | { readonly refused: string }> {
  return new Promise((resolve) => {
    const child = spawn(file, args, {
      env: { ...env },
      cwd: '/',
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    });
    const said = collector();
    const status = collector();
    let began = performance.now();
    let timedOut = false;
    let killing: NodeJS.Timeout | undefined;
    const { pid } = child;
    const end = () => {
      if (pid === undefined || killing !== undefined) return;
      signalGroup(pid, 'SIGTERM');
      killing = setTimeout(() => signalGroup(pid, 'SIGKILL'), killAfterMs);
    };
    const limit = setTimeout(() => {
      timedOut = true;
      end();
    }, limitMs);
    signal?.addEventListener('abort', end, { once: true });
    if (signal?.aborted === true) end();
    child.stdout?.on('data', said.take);
    child.stderr?.on('data', said.take);
    child.stdio[3]?.on('data', (chunk: Buffer) => {
      status.take(chunk);
      began = performance.now();
    });
    const settle = (answer: SandboxEnding | { readonly refused: string }) => {
      clearTimeout(limit);
      clearTimeout(killing);
      signal?.removeEventListener('abort', end);
      resolve(answer);
    };
    child.once('error', ({ message }) => settle({ refused: message }));
    child.once('close', (code) => {
      // Whatever it left running goes with it.
      if (pid !== undefined) signalGroup(pid, 'SIGKILL');
      if (!status.text().startsWith('ready') && !timedOut)
        return settle({ refused: status.text().trim() || said.text().trim() || `exit ${code}` });
      settle({
        exitCode: timedOut || code === null ? undefined : code,
        timedOut,
        output: said.text(),
        ms: performance.now() - began,
      });
    });
  });
}
