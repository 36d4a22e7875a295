// Module, version and toolchain of a tool, from build information as the Go linker writes it.
import { describe, expect, it } from 'vitest';
import { parseModuleInfo } from '../../../src/go/build-info.ts';
import { fatalGodebugs } from '../../../src/go/godebug-removed.ts';
import { programName, toolProgram } from '../../../src/go/tool-program.ts';

const program = (text: string, goVersion = 'go1.26.8') =>
  toolProgram({ goVersion, ...parseModuleInfo(text) });

describe('toolProgram', () => {
  it('returns the package, version, checksum and the Go that built the tool', () => {
    expect(
      program('path\tgolang.org/x/tools/gopls\nmod\tgolang.org/x/tools/gopls\tv0.20.0\th1:abc=\n'),
    ).toEqual({
      packagePath: 'golang.org/x/tools/gopls',
      version: 'v0.20.0',
      sum: 'h1:abc=',
      goVersion: '1.26.8',
    });
  });

  it.each([
    ['a program of Go itself', 'path\tcmd/gofmt\n', '1.26.8'],
    ['a build without modules', 'path\tcommand-line-arguments\n', '(devel)'],
    ['a local build', 'path\ta.com/t\nmod\ta.com/t\t(devel)\t\n', '(devel)'],
    [
      'a local build of a commit',
      'path\ta.com/t\nmod\ta.com/t\t(devel)\t\nbuild\tvcs.revision=0123456789abcdef\nbuild\tvcs.modified=true\n',
      '(devel)-0123456789ab+dirty',
    ],
    [
      'a local build since Go 1.24',
      'path\ta.com/t\nmod\ta.com/t\tv1.2.4-0.20260102030405-0123456789ab+dirty\t\n',
      'v1.2.4-0.20260102030405-0123456789ab+dirty',
    ],
    [
      'a release by its linker flags',
      'path\ta.com/t\nmod\ta.com/t\t(devel)\t\nbuild\t-ldflags="-s -w -X main.version=1.55.2 -X main.token=s3cret"\n',
      'v1.55.2',
    ],
    [
      'linker flags that hold no version',
      'path\ta.com/t\nmod\ta.com/t\t(devel)\t\nbuild\t-ldflags="-X main.version=s3cret"\n',
      '(devel)',
    ],
  ])('returns the version of %s', (_, text, version) => {
    expect(program(text).version).toBe(version);
  });

  it('omits experiments from the Go version', () => {
    expect(program('path\tcmd/gofmt\n', 'go1.26.8-X:jsonv2').version).toBe('1.26.8');
  });
});

it.each([
  ['golang.org/x/tools/gopls', 'gopls'],
  ['github.com/golangci/golangci-lint/v2/cmd/golangci-lint', 'golangci-lint'],
  ['github.com/pressly/goose/v3', 'goose'],
  ['example.com/v0', 'v0'],
])('go install %s creates the program %s', (path, name) => {
  expect(programName(path)).toBe(name);
});

describe('fatalGodebugs', () => {
  it.each([
    ['asynctimerchan=1', '1.27.4', ['asynctimerchan']],
    ['asynctimerchan=0', '1.27.4', []],
    ['asynctimerchan=1', '1.26.8', []],
    ['http2client=0,x509sha1=1', '1.27.0', ['x509sha1']],
    ['x509sha1=1', '1.24.0', []],
    ['asynctimerchan=1', '', []],
  ])(
    'returns the settings of GODEBUG=%s that are fatal for a program built with go %s',
    (value, go, names) => {
      expect(fatalGodebugs(value, go).map(({ name }) => name)).toEqual(names);
    },
  );
});
