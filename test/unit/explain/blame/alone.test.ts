import { describe, expect, it } from 'vitest';
import { aloneFiles, missingPackages, saidAlone } from '../../../../src/explain/blame/alone.ts';
import { type Ending, failureOf } from '../../../../src/explain/blame/verdict.ts';

const ended = (output: string, exitCode = 1): Ending => ({ exitCode, output, timedOut: false });
const failure = (output: string) => failureOf([ended(output), ended(output)]);

describe('what go says alone', () => {
  it('is the same line as that of the command, but for its place', () => {
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

  it('is the same of a module that cannot be had, which it names otherwise', () => {
    const off = 'module lookup disabled by GOPROXY=off';
    const said = failure(`../../go/pkg/mod/a@v1.0.0/a.go:3:8: ${off}\n`);
    expect(saidAlone(ended(`go: example.com/b@v1.0.0: ${off}\n`), said)).toContain(off);
    expect(saidAlone(ended(`go: ${off}\n`), said)).toContain(off);
  });

  it('says nothing where it passes, fails otherwise, or the command prints nothing', () => {
    const tool = 'go: no such tool "compile"\n';
    expect(saidAlone(ended(tool, 0), failure(tool))).toBeUndefined();
    expect(saidAlone({ ...ended(tool), timedOut: true }, failure(tool))).toBeUndefined();
    expect(saidAlone(ended('go: another thing\n'), failure(tool))).toBeUndefined();
    expect(saidAlone(ended(tool), failure(''))).toBeUndefined();
  });

  it('is asked of the packages that the failure misses, and of nothing that is no import path', () => {
    const said = failure('a.go:3:8: package strings is not in std (/s)\nb: package x";y is not in std\n');
    expect(missingPackages(said)).toEqual(['strings']);
    expect(aloneFiles(['strings']).map(({ text }) => text)).toEqual([
      'module example.com/alone\n',
      'package main\n\nimport _ "fmt"\nimport _ "strings"\n\nfunc main() {}\n',
    ]);
  });
});
