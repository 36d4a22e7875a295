/**
 * Runs a command in a sandbox, as a process group with a time limit, SIGTERM and then SIGKILL: the command
 * that the user of `godrift blame` named (decision 0114), and go where the configuration asks for trying a
 * rollback (0106). Observing never comes through here.
 */
import { spawn } from 'node:child_process';
import process from 'node:process';

/** Bytes of the output that are kept. */
const outputBytes = 1024 * 1024;
/** Time from SIGTERM to SIGKILL, ms. */
const killAfterMs = 2_000;

/** How a command in a sandbox ended. */
export interface SandboxEnding {
  /** Undefined if a signal or the time limit ended it. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Both output streams, interleaved as they came; the first MiB. */
  readonly output: string;
  /** Time from the command's start to its end, ms. */
  readonly ms: number;
}

/** A command to start. */
export interface SandboxStart {
  readonly file: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly limitMs: number;
  readonly signal?: AbortSignal;
}

/** Signals a process group; does nothing if it is gone. */
function signalGroup(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(-pid, name);
  } catch {}
}

/** Returns a buffer that keeps the first MiB of its input. */
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

/**
 * Runs a command to its end. `refused`: the sandbox could not be created, with the message of the tool that
 * failed. Never rejects.
 */
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
      // Kill whatever the command left running.
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
