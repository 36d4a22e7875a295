// The pins of Go and tools in projects with files of several version managers.
import { describe, expect, it } from 'vitest';
import { pinsOf } from '../../../src/drift/project-pins.ts';
import { toolPinsOf } from '../../../src/drift/tool-pins.ts';
import { parseMiseToml } from '../../../src/go/mise-toml.ts';

const mise = (text: string, directory = '/src/app') =>
  (parseMiseToml(text) ?? []).map((tool) => ({ ...tool, path: `${directory}/mise.toml`, directory }));
const rows = (text: string, directory = '/src/app') => ({ path: `${directory}/.tool-versions`, text });
const pinRows = (sources: Parameters<typeof pinsOf>[0]) =>
  pinsOf(sources).map(({ rule, version, others, path, line }) => [rule, version, others, path, line]);

describe('mise.toml', () => {
  it.each([
    ['"1.26.8"', '1.26.8', undefined],
    ['"1.26"', '1.26', undefined],
    ['"1"', '1', undefined],
    ['"prefix:1.26"', '1.26', undefined],
    ['"go1.26.8"', '1.26.8', undefined],
    ['{ version = "1.26.8" }', '1.26.8', undefined],
    ['["1.26.8", "latest", "1.25"]', '1.26.8', ['1.25']],
  ])('pins %s', (value, version, others) => {
    expect(pinRows({ mise: mise(`[tools]\nnode = "22"\ngo = ${value}\n`) })).toEqual([
      ['pin-mise-toml', version, others, '/src/app/mise.toml', 3],
    ]);
  });

  it.each([
    '"latest"',
    '"system"',
    '"ref:master"',
    '"path:/opt/go"',
    '"{{ env.GO }}"',
    '{ version = "1.26", os = ["macos"] }',
    'true',
  ])('%s is no pin', (value) => {
    expect(pinRows({ mise: mise(`[tools]\ngo = ${value}\n`) })).toEqual([]);
  });

  it('pins together with a .tool-versions in the same directory; otherwise only the nearer file pins', () => {
    const toml = '[tools]\ngo = "1.26"\n';
    const rules = (own: string, other: string) =>
      pinRows({ mise: mise(toml, own), toolVersions: rows('golang 1.25\n', other) }).map(([rule]) => rule);
    expect(rules('/src/app', '/src/app')).toEqual(['pin-tool-versions', 'pin-mise-toml']);
    expect(rules('/src', '/src/app')).toEqual(['pin-tool-versions']);
    expect(rules('/src/app', '/src')).toEqual(['pin-mise-toml']);
    expect(
      pinRows({ mise: mise(toml, '/src'), toolVersions: rows('nodejs 22\n') }).map(([rule]) => rule),
    ).toEqual(['pin-mise-toml']);
  });

  it('pins tools as .tool-versions does', () => {
    const text =
      '[tools]\ngo = "1.26"\n"go:golang.org/x/tools/gopls" = "0.16.1"\n"aqua:golangci/golangci-lint" = "2.1"\njq = "latest"\n"ubi:cli/cli[exe=gh]" = "2.1"\n';
    expect(toolPinsOf({ mise: mise(text) })).toEqual([
      { source: 'mise.toml', name: 'gopls', version: '0.16.1', path: '/src/app/mise.toml', line: 3 },
      { source: 'mise.toml', name: 'golangci-lint', version: '2.1', path: '/src/app/mise.toml', line: 4 },
    ]);
  });
});
