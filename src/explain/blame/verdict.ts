/**
 * Decides whether a world failed in the same way as the present one; other failures say nothing about the
 * cause. Pure.
 */
import type { TrialResult } from './search.ts';

/** How a command ended. */
export interface Ending {
  /** Undefined if a signal or the time limit ended it. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Output of both streams in order; the caller bounds its size. */
  readonly output: string;
}

/** The properties by which a failure is recognised. */
export interface Failure {
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Lines that distinguish it from other failures; empty if it prints none, or different ones each time. */
  readonly lines: ReadonlySet<string>;
}

/** More lines add nothing: a failing build names the reason near the beginning or the end. */
const mostLines = 400;

/**
 * Removes parts of a line that vary between runs: process and goroutine numbers, addresses, durations, names
 * of temporary directories.
 */
function constant(line: string): string {
  return line
    .replace(/go-build\d+/g, 'go-build')
    .replace(/\b0x[0-9a-f]+\b/gi, '0x')
    .replace(/\b\d+(?:\.\d+)?(?:ns|µs|us|ms|s)\b/g, 'time')
    .replace(/\bgoroutine \d+/g, 'goroutine')
    .replace(/\bpid[ =:]\d+/gi, 'pid')
    .trim();
}

/** Lines that many failures have in common: package names, test results, go's progress messages. */
const common = /^(?:#|FAIL\b|ok\b|\?|---|===|PASS\b|exit status|go: downloading|go: finding|panic: $|\[)/;

/** Returns the lines of an output that are the same in every run of one failure. */
export function tellingLines(output: string): ReadonlySet<string> {
  const lines = output
    .split('\n')
    .map(constant)
    .filter((line) => line !== '' && !common.test(line));
  const shown =
    lines.length > mostLines ? [...lines.slice(0, mostLines / 2), ...lines.slice(-mostLines / 2)] : lines;
  return new Set(shown);
}

/** Reports whether a command succeeded. */
export const hasPassed = ({ exitCode, timedOut }: Ending): boolean => exitCode === 0 && !timedOut;

/** Returns the failure that several runs of one world have in common: the lines that all of them print. */
export function failureOf(runs: readonly [Ending, ...Ending[]]): Failure {
  const [first, ...others] = runs;
  const again = others.map(({ output }) => tellingLines(output));
  const lines = [...tellingLines(first.output)].filter((line) => again.every((all) => all.has(line)));
  return { exitCode: first.exitCode, timedOut: first.timedOut, lines: new Set(lines) };
}

/** Reports whether a run failed in this way. */
export function isSameFailure(run: Ending, { exitCode, timedOut, lines }: Failure): boolean {
  if (hasPassed(run) || run.timedOut !== timedOut || run.exitCode !== exitCode) return false;
  if (lines.size === 0 || timedOut) return true;
  const told = tellingLines(run.output);
  return [...lines].some((line) => told.has(line));
}

/** Returns the result of a trial, given the failure of the present world. */
export function verdictOf(run: Ending, failure: Failure): TrialResult {
  if (hasPassed(run)) return 'passes';
  return isSameFailure(run, failure) ? 'fails' : 'unresolved';
}

/**
 * Returns the most informative line of an output: the first one that is not common to all failures; `''` if
 * nothing was printed.
 */
export function messageOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '' && !common.test(line)) ?? lines.find((line) => line !== '') ?? '';
}
