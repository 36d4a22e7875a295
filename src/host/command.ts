/**
 * The one door for subprocesses. What may run is data: a closed list of argv shapes, of a program that passed host/checked-program.ts. A
 * child gets no shell, no network settings, no toolchain switching and no telemetry (go-internals §0), a time limit with a kill ladder,
 * and a cap on output.
 */
import path from 'node:path';
import type { CheckedProgram } from './checked-program.ts';
import { countRefusal } from './counted-fs.ts';
import { steadyClock, systemClock } from './machine.ts';

// To answer for these, go starts the C compiler (envcmd.ExtraEnvVarsCostly).
const costly = /^(CGO_(C|CPP|CXX|F|LD)FLAGS|PKG_CONFIG|GOGCCFLAGS)$/;

/** The commands that godrift may run to observe. */
export const allowedCommands = {
  /** `go env -json NAME…` with explicit names: one exec, no writes (a bare `go env` starts gcc and fills GOCACHE). */
  'go-env': (args: readonly string[]) =>
    args[0] === 'env' &&
    args[1] === '-json' &&
    args.length > 2 &&
    args.slice(2).every((name) => /^[A-Z][A-Z0-9_]*$/.test(name) && !costly.test(name)),
  /** The build list, as every go from 1.21 on prints it (cmd/go/internal/list); among copies of a project's files (observe/collectors/modules/ask-go.ts). */
  'go-list-modules': (args: readonly string[]) => args.join(' ') === 'list -m -e -json all',
} as const;
export type CommandKind = keyof typeof allowedCommands;

/**
 * What every child is given, whatever else its environment holds: nothing is fetched, no other toolchain is run, and the frozen FIPS module that
 * GOFIPS140 names is not unpacked into the module cache, as most commands of go 1.24 and newer would do before they answer (fips140.Init).
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
/** A module takes about 600 bytes of the list, and a project of 5,000 is possible; a slow disk reads a go.mod for each. */
const listLimits: Limits = { timeoutMs: 20_000, outputBytes: 32 * 1024 * 1024 };
const killAfterMs = 1_000;

/** What became of a command. `output` is at most what its kind may print; nothing throws. */
export interface CommandResult {
  readonly ok: boolean;
  readonly output: string;
  readonly exitCode: number | null;
  readonly why?: string;
  readonly start: number;
  readonly end: number;
}

/** Runs an allow-listed command; `env`, with {@link quietSettings} over it, is the child's whole environment. */
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
  // Loaded when it is needed: most looks start nothing.
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
    // A clock that is set meanwhile makes no command take hours.
    end: start + Math.round(steadyClock() - began),
  };
  countRefusal(result);
  if (!result.failed) return { ok: true, ...base };
  // The program's own words are not repeated: go echoes GOFLAGS, and with it secrets, in its errors.
  const why = result.timedOut
    ? `did not end within ${limits.timeoutMs / 1000} s`
    : result.isMaxBuffer
      ? `printed more than ${limits.outputBytes / 1024 / 1024} MiB`
      : `exit ${result.exitCode ?? result.code ?? result.signal ?? '?'}`;
  return { ok: false, why, ...base };
}
