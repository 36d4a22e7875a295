/**
 * The door for what `godrift demo` starts: servers, scripts, go itself, with everything that they do. Observing never comes
 * through here (decision record 0020): host/command.ts is its door, and test/unit/architecture.test.ts says who may open this one.
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
  /** What it printed, stdout and stderr as they came (the last 256 KiB). */
  output(): string;
  /** Why it is gone, or undefined while it runs. */
  ended(): string | undefined;
  /** SIGTERM, after 5 s SIGKILL. Returns when it is gone; harmless when repeated. */
  stop(): Promise<void>;
}

/** Starts a process that is expected to stay. It is ended with this process too; one that cannot be started has `ended`. */
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

/** What a program printed, stdout and stderr as they came, and how it ended. */
export interface Ran {
  readonly output: string;
  /** Undefined when it could not be started, was ended by a signal or took longer than the limit. */
  readonly exitCode: number | undefined;
}

/** Runs a program to its end; it is killed at the limit or when `signal` fires. Nothing throws. */
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
