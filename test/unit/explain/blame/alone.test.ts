import { describe, expect, it } from 'vitest';
import { aloneFiles, missingPackages, saidAlone } from '../../../../src/explain/blame/alone.ts';
import { type Ending, failureOf } from '../../../../src/explain/blame/verdict.ts';

const ended = (output: string, exitCode = 1): Ending => ({ exitCode, output, timedOut: false });
const failure = (output: string) => failureOf([ended(output), ended(output)]);

describe('saidAlone', () => {
  it('returns the line of the failure that go alone prints too, apart from the position', () => {
    const missing = 'package strings is not in std (/sdk/go/src/strings)';
    expect(saidAlone(ended(`main.go:4:8: ${missing}\n`), failure(`app.go:3:8: ${missing}\n`))).toBe(
      `app.go:3:8: ${missing}`,
    );
    const tool = 'go: no such tool "compile"\n';
    expect(saidAlone(ended(tool), failure(tool))).toBe('go: no such tool "compile"');
    expect(
      saidAlone(ended('/bin/sh: 1: go: Exec format error\n', 126), failure('sh: 7: go: Exec format error\n')),
    ).toBe('sh: 7: go: Exec format error');
  });

  it('matches an unavailable module that go alone names differently', () => {
    const off = 'module lookup disabled by GOPROXY=off';
    const original = failure(`../../go/pkg/mod/a@v1.0.0/a.go:3:8: ${off}\n`);
    expect(saidAlone(ended(`go: example.com/b@v1.0.0: ${off}\n`), original)).toContain(off);
    expect(saidAlone(ended(`go: ${off}\n`), original)).toContain(off);
  });

  it('returns undefined if go alone passes, times out or fails in another way, or the command printed nothing', () => {
    const tool = 'go: no such tool "compile"\n';
    expect(saidAlone(ended(tool, 0), failure(tool))).toBeUndefined();
    expect(saidAlone({ ...ended(tool), timedOut: true }, failure(tool))).toBeUndefined();
    expect(saidAlone(ended('go: another thing\n'), failure(tool))).toBeUndefined();
    expect(saidAlone(ended(tool), failure(''))).toBeUndefined();
  });

  it('is run with the missing packages of the failure, and only with valid import paths', () => {
    const original = failure('a.go:3:8: package strings is not in std (/s)\nb: package x";y is not in std\n');
    expect(missingPackages(original)).toEqual(['strings']);
    expect(aloneFiles(['strings']).map(({ text }) => text)).toEqual([
      'module example.com/alone\n',
      'package main\n\nimport _ "fmt"\nimport _ "strings"\n\nfunc main() {}\n',
    ]);
  });
});
