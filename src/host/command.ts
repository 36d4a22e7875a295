/**
 * Runs the subprocesses of observing; there is no other way. The commands allowed are data: a closed list of
 * argument shapes, for programs that passed host/checked-program.ts. A child gets no shell, no network
 * settings, no toolchain switching and no telemetry (go-internals §0), a time limit with SIGTERM and then
 * SIGKILL, and a cap on output.
 */
import path from 'node:path';
import type { CheckedProgram } from './checked-program.ts';
import { countRefusal } from './counted-fs.ts';
import { steadyClock, systemClock } from './machine.ts';

// go starts the C compiler to answer for these (envcmd.ExtraEnvVarsCostly).
const costly = /^(CGO_(C|CPP|CXX|F|LD)FLAGS|PKG_CONFIG|GOGCCFLAGS)$/;

/** The commands that godrift may run to observe. */
export const allowedCommands = {
  /** `go env -json NAME…` with explicit names: one exec, no writes (a bare `go env` starts gcc and fills GOCACHE). */
  'go-env': (args: readonly string[]) =>
    args[0] === 'env' &&
    args[1] === '-json' &&
    args.length > 2 &&
    args.slice(2).every((name) => /^[A-Z][A-Z0-9_]*$/.test(name) && !costly.test(name)),
  /**
   * The build list, as every go from 1.21 on prints it (cmd/go/internal/list). Runs among copies of a
   * project's files (observe/collectors/modules/confirm-with-go.ts).
   */
  'go-list-modules': (args: readonly string[]) => args.join(' ') === 'list -m -e -json all',
} as const;
export type CommandKind = keyof typeof allowedCommands;

/**
 * Settings of every child, over its environment: no downloads, no other toolchain, and GOFIPS140 off, because
 * most commands of go 1.24 and newer would first unpack the frozen FIPS module that it names into the module
 * cache (fips140.Init).
 */
export const quietSettings: Readonly<Record<string, string>> = {
  GOTOOLCHAIN: 'local',
  GOPROXY: 'off',
  GOSUMDB: 'off',
  GOVCS: '*:off',
  GOFIPS140: 'off',
};

interface Limits {
  readonly timeoutMs: number;
  readonly outputBytes: number;
}
const usualLimits: Limits = { timeoutMs: 5_000, outputBytes: 1024 * 1024 };
/**
 * A module takes about 600 bytes of the list, and a project may have 5,000; a slow disk has to read a go.mod
 * for each.
 */
const listLimits: Limits = { timeoutMs: 20_000, outputBytes: 32 * 1024 * 1024 };
const killAfterMs = 1_000;

/**
 * The result of a command; nothing throws. `output` is limited by the kind of command, `start` and `end` are
 * ms since the epoch.
 */
export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
  readonly exitCode: number | null;
  readonly why?: string;
  readonly start: number;
  readonly end: number;
}

/**
 * Runs an allow-listed command. The child's whole environment is `env` with {@link quietSettings} over it.
 */
export async function runCommand(
  kind: CommandKind,
  executable: CheckedProgram,
  args: readonly string[],
  options: { readonly cwd: string; readonly env: Readonly<Record<string, string>> },
): Promise<CommandResult> {
  const start = systemClock();
  const began = steadyClock();
  const allowed = allowedCommands[kind](args) && path.basename(executable) === 'go';
  if (!allowed) {
    return {
      ok: false,
      output: '',
      exitCode: null,
      why: `${path.basename(executable)} ${args[0] ?? ''} is not on the list of allowed commands`,
      start,
      end: start,
    };
  }
  const limits = kind === 'go-list-modules' ? listLimits : usualLimits;
  // Loaded on demand: most passes start no process.
  const { execa } = await import('execa');
  const result = await execa(executable, args, {
    cwd: options.cwd,
    env: { ...options.env, ...quietSettings },
    extendEnv: false,
    stdin: 'ignore',
    stderr: 'ignore',
    timeout: limits.timeoutMs,
    forceKillAfterDelay: killAfterMs,
    maxBuffer: limits.outputBytes,
    reject: false,
    stripFinalNewline: true,
  });
  const base = {
    output: typeof result.stdout === 'string' ? result.stdout : '',
    exitCode: result.exitCode ?? null,
    start,
    // By the monotonic clock, so that setting the clock meanwhile does not count.
    end: start + Math.round(steadyClock() - began),
  };
  countRefusal(result);
  if (!result.failed) return { ok: true, ...base };
  // The program's own message is dropped: go echoes GOFLAGS, and secrets in it, in errors.
  const why = result.timedOut
    ? `did not end within ${limits.timeoutMs / 1000} s`
    : result.isMaxBuffer
      ? `printed more than ${limits.outputBytes / 1024 / 1024} MiB`
      : `exit ${result.exitCode ?? result.code ?? result.signal ?? '?'}`;
  return { ok: false, why, ...base };
}
