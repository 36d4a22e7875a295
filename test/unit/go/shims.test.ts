// Shims and version files as goenv, asdf and mise write them.
import { describe, expect, it } from 'vitest';
import {
  chooseInstalled,
  readGoenvVersion,
  readMiseToml,
  readShim,
  readWrapper,
} from '../../../src/go/shims.ts';

describe('readShim', () => {
  it('recognises a goenv shim by its root and program', () => {
    const text =
      '#!/usr/bin/env bash\nset -e\n\nprogram="${0##*/}"\nexport GOENV_ROOT="/home/u/.goenv"\nexec "/home/u/.goenv/libexec/goenv" exec "$program" "$@"\n';
    expect(readShim(text)).toEqual({
      manager: 'goenv',
      root: '/home/u/.goenv',
      program: '/home/u/.goenv/libexec/goenv',
    });
    expect(readShim(text.replace('/home/u/.goenv"\nexec', '$HOME/.goenv"\nexec'))).toBeUndefined();
  });

  it.each([
    ['0.15', 'exec /home/u/.asdf/bin/asdf exec "go" "$@" # asdf_allow: \' asdf \''],
    ['0.16', 'exec asdf exec "go" "$@"'],
  ])('recognises a shim of asdf %s by its plugins', (_, line) => {
    expect(
      readShim(`#!/usr/bin/env bash\n# asdf-plugin: golang 1.21.5\n# asdf-plugin: golang 1.24.2\n${line}\n`),
    ).toEqual({ manager: 'asdf', plugins: ['golang'] });
  });

  it.each([
    ['another script', '#!/bin/sh\nexec /usr/bin/go "$@"\n'],
    ['no script', 'exec asdf exec "go"'],
    ['nothing', ''],
  ])('returns undefined for %s', (_, text) => {
    expect(readShim(text)).toBeUndefined();
  });
});

it.each([
  ['1.22.0\n', ['1.22.0']],
  ['# comment\n\n  1.22.0 # why\r\nsystem\n', ['1.22.0', 'system']],
  ['../../etc\n', undefined],
  ['', undefined],
])('readGoenvVersion reads %j as %j', (text, words) => {
  expect(readGoenvVersion(text)).toEqual(words);
});

it.each([
  ['[tools]\ngo = "1.26"\n', ['1.26']],
  ["[env]\ngo = 'x'\n[tools] # these\n\"core:go\" = '1.26' # pinned\n", ['1.26']],
  ['[tools]\ngolang = ["1.26", "1.24"]\n', ['1.26', '1.24']],
  ['[tools]\nnode = "20"\n"go:golang.org/x/tools/gopls" = "0.16"\n', undefined],
  ['[settings]\ngo = "1.26"\n', undefined],
  ['[tools]\ngo = {version = "1.26", os = ["linux"]}\n', 'unclear'],
  ['[tools]\ngo = "{{ env.GO }}"\n', 'unclear'],
  ['[tools]\ngo = {version = "1.26"}\n', ['1.26']],
  ['[tools.go]\nversion = "1.26"\n', ['1.26']],
  ['[tools.go]\nversion = "1.26"\nos = ["macos"]\n', 'unclear'],
  ['[tools\ngo = "1.26"\n', 'unclear'],
  ['', undefined],
])('readMiseToml reads %j as %j', (text, wanted) => {
  expect(readMiseToml(text)).toEqual(wanted);
});

it.each([
  ['1.24.13', false, '1.24.13'],
  ['go-1.24.13', false, '1.24.13'],
  ['1.24', false, undefined],
  ['1.24', true, '1.24.13'],
  ['1', true, '1.26.0'],
  ['latest', true, '1.26.0'],
  ['prefix:1.24', true, '1.24.13'],
  ['1.2', true, undefined],
  ['1.25', true, undefined],
])('chooseInstalled resolves %s (fuzzy %s) to %s', (request, fuzzy, version) => {
  expect(chooseInstalled(request, ['1.24.9', '1.24.13', '1.26.0', 'tip', 'latest.d'], fuzzy)).toBe(version);
});

describe('readWrapper', () => {
  it.each([
    ['#!/bin/sh\nexec /usr/local/go/bin/go "$@"\n', '/usr/local/go/bin/go', []],
    ['#!/usr/bin/env bash\n# ours\nset -eu\n\nexec "/opt/go 1/bin/go" "$@"\n', undefined, []],
    [
      "#!/bin/bash\nexport GOROOT=/opt/go\nexport GOFLAGS='-mod=readonly'\nexec '/opt/go/bin/go' \"$@\"",
      '/opt/go/bin/go',
      [
        ['GOROOT', '/opt/go'],
        ['GOFLAGS', '-mod=readonly'],
      ],
    ],
    ['#!/bin/sh\nexport GOROOT=$(pwd)\nexec /opt/go/bin/go "$@"\n', undefined, []],
    ['#!/bin/sh\ncurl example.com\nexec /opt/go/bin/go "$@"\n', undefined, []],
    ['#!/bin/sh\nexec go "$@"\n', undefined, []],
    ['#!/bin/sh\nexec /opt/go/bin/go build\n', undefined, []],
    ['#!/usr/bin/python3\nexec /opt/go/bin/go "$@"\n', undefined, []],
    ['', undefined, []],
  ] as const)('returns for %j the program %s', (text, program, variables) => {
    const read = readWrapper(text);
    expect(read?.program).toBe(program);
    expect([...(read?.variables ?? [])]).toEqual(variables);
  });
});
