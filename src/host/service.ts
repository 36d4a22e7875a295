/**
 * Runs the subprocesses of `godrift demo`: servers, scripts, go itself, without restrictions. Observing must
 * use host/command.ts instead (decision record 0020); test/unit/architecture.test.ts lists who may import
 * this module.
 */
import { execa } from 'execa';

const outputLimit = 256 * 1024;
const killAfterMs = 5_000;

interface Place {
  readonly cwd: string;
  /** The child's whole environment. */
  readonly env: Readonly<Record<string, string>>;
}

/** A process that runs until it is stopped. */
export interface Service {
  readonly pid: number;
  /** Returns its output, stdout and stderr interleaved as they came (the last 256 KiB). */
  output(): string;
  /** Returns why it ended, or undefined while it runs. */
  ended(): string | undefined;
  /** Sends SIGTERM, after 5 s SIGKILL. Resolves once it has ended; may be repeated. */
  stop(): Promise<void>;
}

/**
 * Starts a long-running process. It is killed when this process ends; one that cannot be started has `ended`
 * set.
 */
export function startService(executable: string, args: readonly string[], place: Place): Service {
  const child = execa(executable, args, {
    cwd: place.cwd,
    env: { ...place.env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    buffer: false,
    reject: false,
    forceKillAfterDelay: killAfterMs,
  });
  let output = '';
  let why: string | undefined;
  child.all.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-outputLimit);
  });
  const end = child.then((result) => {
    why = result.failed ? (result.shortMessage ?? 'it failed') : 'it ended';
  });
  return {
    pid: child.pid ?? -1,
    output: () => output,
    ended: () => why,
    stop: async () => {
      if (why === undefined) child.kill('SIGTERM');
      await end;
    },
  };
}

/** Output of a program, stdout and stderr interleaved as they came, and its exit code. */
export interface Ran {
  readonly output: string;
  /** Undefined if it could not be started, was ended by a signal or exceeded the time limit. */
  readonly exitCode: number | undefined;
}

/** Runs a program to its end; kills it at the time limit or when `signal` is aborted. Never rejects. */
export async function runToEnd(
  executable: string,
  args: readonly string[],
  place: Place & { readonly limitMs: number; readonly signal?: AbortSignal },
): Promise<Ran> {
  const result = await execa(executable, args, {
    cwd: place.cwd,
    env: { ...place.env },
    extendEnv: false,
    stdin: 'ignore',
    all: true,
    reject: false,
    stripFinalNewline: false,
    timeout: place.limitMs,
    forceKillAfterDelay: killAfterMs,
    maxBuffer: outputLimit,
    ...(place.signal === undefined ? {} : { cancelSignal: place.signal }),
  });
  const said = typeof result.all === 'string' ? result.all : '';
  return {
    output: result.exitCode === undefined ? `${said}${result.shortMessage ?? ''}` : said,
    exitCode: result.exitCode,
  };
}
