import { describe, expect, it } from 'vitest';
import {
  type Ending,
  failureOf,
  isSameFailure,
  messageOf,
  verdictOf,
} from '../../../../src/explain/blame/verdict.ts';

const ended = (exitCode: number | undefined, output = '', timedOut = false): Ending => ({
  exitCode,
  output,
  timedOut,
});

describe('verdictOf', () => {
  const vendoring =
    'go: inconsistent vendoring in /src/api:\n\texample.com/a@v1.0.0: is explicitly required\n';
  const failure = failureOf([ended(1, vendoring), ended(1, vendoring)]);

  it('recognises the same failure, and returns unresolved for a different one', () => {
    expect(verdictOf(ended(0), failure)).toBe('passes');
    expect(verdictOf(ended(1, `# api\n${vendoring}`), failure)).toBe('fails');
    expect(verdictOf(ended(1, 'go: go.mod requires go >= 1.27 (running go 1.26.0)\n'), failure)).toBe(
      'unresolved',
    );
    expect(verdictOf(ended(2, vendoring), failure)).toBe('unresolved');
    expect(verdictOf(ended(undefined, vendoring, true), failure)).toBe('unresolved');
  });

  it('compares only the exit code if the output is empty or random', () => {
    expect(isSameFailure(ended(1), failureOf([ended(1), ended(1)]))).toBe(true);
    const random = failureOf([ended(1, 'token 81\n'), ended(1, 'token 97\n')]);
    expect(random.lines.size).toBe(0);
    expect(isSameFailure(ended(1, 'token 12\n'), random)).toBe(true);
  });

  it('ignores addresses, goroutine numbers and durations', () => {
    const panics = (address: string, ms: number) =>
      `panic: at ${address} in goroutine ${ms}\n--- FAIL: TestX (${ms}.01s)\n`;
    const seen = failureOf([ended(2, panics('0xc0001', 7)), ended(2, panics('0xc0ffe', 9))]);
    expect(isSameFailure(ended(2, panics('0xdead', 12)), seen)).toBe(true);
  });

  it('recognises a command that times out', () => {
    const hangs = failureOf([ended(undefined, '', true), ended(undefined, '', true)]);
    expect(verdictOf(ended(undefined, 'half', true), hangs)).toBe('fails');
    expect(verdictOf(ended(1), hangs)).toBe('unresolved');
  });
});

describe('messageOf', () => {
  it('returns the first informative line', () => {
    expect(messageOf('go: downloading go1.27.9\n# api\n./app.go:3:8: undefined: x\nFAIL\n')).toBe(
      './app.go:3:8: undefined: x',
    );
    expect(messageOf('FAIL\n')).toBe('FAIL');
    expect(messageOf('')).toBe('');
  });
});
