/** Whether a world failed as the present one does: only that says something about what is looked for. Pure. */
import type { Verdict } from './search.ts';

/** How a command ended. */
export interface Ending {
  /** Undefined where a signal ended it, or the time limit. */
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** What it printed, both streams as they came; bounded by who ran it. */
  readonly output: string;
}

/** What makes a failure the same one again. */
export interface Failure {
  readonly exitCode: number | undefined;
  readonly timedOut: boolean;
  /** Lines that tell it from other failures; empty where it prints none, or other ones each time. */
  readonly lines: ReadonlySet<string>;
}

/** More lines tell nothing more: a build that fails says it at its beginning or its end. */
const mostLines = 400;

/** What differs from run to run without meaning: numbers of processes and goroutines, addresses, durations, names of temporary folders. */
function constant(line: string): string {
  return line
    .replace(/go-build\d+/g, 'go-build')
    .replace(/\b0x[0-9a-f]+\b/gi, '0x')
    .replace(/\b\d+(?:\.\d+)?(?:ns|µs|us|ms|s)\b/g, 'time')
    .replace(/\bgoroutine \d+/g, 'goroutine')
    .replace(/\bpid[ =:]\d+/gi, 'pid')
    .trim();
}

/** Lines that many failures share: names of packages, verdicts on tests, what go says of its work. */
const common = /^(?:#|FAIL\b|ok\b|\?|---|===|PASS\b|exit status|go: downloading|go: finding|panic: $|\[)/;

/** What a run printed, as lines that are the same in every run of one failure. */
export function tellingLines(output: string): ReadonlySet<string> {
  const lines = output
    .split('\n')
    .map(constant)
    .filter((line) => line !== '' && !common.test(line));
  const shown =
    lines.length > mostLines ? [...lines.slice(0, mostLines / 2), ...lines.slice(-mostLines / 2)] : lines;
  return new Set(shown);
}

/** Whether a command did what it should. */
export const hasPassed = ({ exitCode, timedOut }: Ending): boolean => exitCode === 0 && !timedOut;

/** The failure that several runs of one world show: the lines that all of them print. */
export function failureOf(runs: readonly [Ending, ...Ending[]]): Failure {
  const [first, ...others] = runs;
  const again = others.map(({ output }) => tellingLines(output));
  const lines = [...tellingLines(first.output)].filter((line) => again.every((all) => all.has(line)));
  return { exitCode: first.exitCode, timedOut: first.timedOut, lines: new Set(lines) };
}

/** Whether a run failed, in that way. */
export function isSameFailure(run: Ending, { exitCode, timedOut, lines }: Failure): boolean {
  if (hasPassed(run) || run.timedOut !== timedOut || run.exitCode !== exitCode) return false;
  if (lines.size === 0 || timedOut) return true;
  const told = tellingLines(run.output);
  return [...lines].some((line) => told.has(line));
}

/** The verdict on a world, where the present one fails so. */
export function verdictOf(run: Ending, failure: Failure): Verdict {
  if (hasPassed(run)) return 'passes';
  return isSameFailure(run, failure) ? 'fails' : 'unresolved';
}

/** The line that tells people most of a failure: the first one that not all failures share; `''` where nothing was printed. */
export function messageOf(output: string): string {
  const lines = output.split('\n').map((line) => line.trim());
  return lines.find((line) => line !== '' && !common.test(line)) ?? lines.find((line) => line !== '') ?? '';
}
