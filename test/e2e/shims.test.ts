/**
 * A `go` that is a shim of goenv, asdf or mise, in the layout of each manager. The choices of mise were
 * measured with mise 2026.9.15.
 */
import { copyFileSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Finding } from '../../src/drift/model.ts';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { buildTool } from '../lab/tool-programs.ts';
import { ensureToolchain, type Toolchain } from '../lab/toolchains.ts';

const go121 = await ensureToolchain('1.21.13');
const go124 = await ensureToolchain('1.24.13');
const go126 = await ensureToolchain('1.26.0');

const asdfShim = (program: string) =>
  `#!/usr/bin/env bash\n# asdf-plugin: golang 1.24.13\n# asdf-plugin: golang 1.26.0\nexec asdf exec "${program}" "$@"\n`;

interface Manager {
  readonly shims: string;
  readonly place: (toolchain: Toolchain) => string;
  readonly shim: (home: string, file: string) => void;
}

const managers: Readonly<Record<'goenv' | 'asdf' | 'mise', Manager>> = {
  goenv: {
    shims: '.goenv/shims',
    place: ({ version }) => `.goenv/versions/${version}`,
    shim: (home, file) => {
      const root = join(home, '.goenv');
      const text = `#!/usr/bin/env bash\nset -e\nprogram="\${0##*/}"\nexport GOENV_ROOT="${root}"\nexec "${root}/libexec/goenv" exec "$program" "$@"\n`;
      writeFileSync(file, text, { mode: 0o755 });
    },
  },
  asdf: {
    shims: '.asdf/shims',
    place: ({ version }) => `.asdf/installs/golang/${version}/go`,
    shim: (_, file) => writeFileSync(file, asdfShim('go'), { mode: 0o755 }),
  },
  mise: {
    shims: '.local/share/mise/shims',
    place: ({ version }) => `.local/share/mise/installs/go/${version}`,
    shim: (home, file) => {
      const program = join(home, '.local/bin/mise');
      mkdirSync(dirname(program), { recursive: true });
      copyFileSync('/bin/true', program);
      symlinkSync(program, file);
    },
  },
};

/** A world whose PATH has the manager's shims before go1.21.13; `files` are written below the home. */
function worldOf(name: keyof typeof managers, files: Readonly<Record<string, string>>): World {
  const { shims, place, shim } = managers[name];
  const world = makeWorld(go121);
  for (const toolchain of [go124, go126]) {
    const at = join(world.home, place(toolchain));
    mkdirSync(dirname(at), { recursive: true });
    symlinkSync(toolchain.goroot, at);
  }
  const directory = join(world.home, shims);
  mkdirSync(directory, { recursive: true });
  shim(world.home, join(directory, 'go'));
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(world.home, file)), { recursive: true });
    writeFileSync(join(world.home, file), text);
  }
  return { ...world, env: { ...world.env, PATH: `${directory}:${world.env['PATH']}` } };
}

async function entries(world: World, env: Readonly<Record<string, string>>) {
  const { stdout } = await godrift(world, ['snapshot'], env);
  return Object.fromEntries(
    stdout.split('\n').map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
}

async function conflicts(world: World, env: Readonly<Record<string, string>>): Promise<readonly Finding[]> {
  const { stdout } = await godrift(world, ['check', '--json'], env);
  return JSON.parse(stdout).findings.filter(({ kind }: Finding) => kind === 'conflict');
}

const app = 'src/app';
const toml = (version: string) => `[tools]\ngo = "${version}"\n`;

describe('the go behind a shim', () => {
  it.each([
    ['goenv', 'global', { '.goenv/version': '1.26.0\n' }, {}, '1.26.0'],
    [
      'goenv',
      'local before global',
      { '.goenv/version': '1.26.0', [`${app}/.go-version`]: '1.24.13' },
      {},
      '1.24.13',
    ],
    ['goenv', 'a parent directory', { 'src/.go-version': '1.24.13\n' }, {}, '1.24.13'],
    ['goenv', 'GOENV_VERSION', { [`${app}/.go-version`]: '1.24.13' }, { GOENV_VERSION: '1.26.0' }, '1.26.0'],
    ['goenv', 'system', { [`${app}/.go-version`]: 'system\n' }, {}, '1.21.13'],
    ['goenv', 'no version set', {}, {}, '1.21.13'],
    [
      'goenv',
      'go.mod if GOENV_GOMOD_VERSION_ENABLE is set',
      { [`${app}/go.mod`]: 'module a.com/b\n\ngo 1.24\n', '.goenv/libexec/goenv-version-file': 'go.mod' },
      { GOENV_GOMOD_VERSION_ENABLE: '1' },
      '1.24.13',
    ],
    ['asdf', 'local', { [`${app}/.tool-versions`]: 'nodejs 22.1.0\ngolang 1.26.0\n' }, {}, '1.26.0'],
    [
      'asdf',
      'the first installed version of a list',
      { [`${app}/.tool-versions`]: 'golang 1.27.9 1.24.13\n' },
      {},
      '1.24.13',
    ],
    [
      'asdf',
      'a parent directory that names go',
      { [`${app}/.tool-versions`]: 'nodejs 22\n', '.tool-versions': 'golang 1.24.13' },
      {},
      '1.24.13',
    ],
    [
      'asdf',
      'ASDF_GOLANG_VERSION',
      { '.tool-versions': 'golang 1.24.13' },
      { ASDF_GOLANG_VERSION: '1.26.0' },
      '1.26.0',
    ],
    [
      'asdf',
      'a legacy file',
      { '.asdfrc': 'legacy_version_file = yes\n', [`${app}/.go-version`]: '1.24.13' },
      {},
      '1.24.13',
    ],
    ['mise', 'a partial version', { [`${app}/mise.toml`]: toml('1.24') }, {}, '1.24.13'],
    [
      'mise',
      'the nearest folder',
      { [`src/.tool-versions`]: 'golang 1.24\n', 'mise.toml': toml('1.26') },
      {},
      '1.24.13',
    ],
    [
      'mise',
      'a local file first',
      { [`${app}/mise.local.toml`]: toml('1.24'), [`${app}/.mise.toml`]: toml('1.26') },
      {},
      '1.24.13',
    ],
    ['mise', 'global', { '.config/mise/config.toml': toml('latest') }, {}, '1.26.0'],
    [
      'mise',
      'MISE_GO_VERSION',
      { [`${app}/mise.toml`]: toml('1.24') },
      { MISE_GO_VERSION: '1.26' },
      '1.26.0',
    ],
    ['mise', '.go-version is ignored by default', { [`${app}/.go-version`]: '1.26.0\n' }, {}, '1.21.13'],
    ['mise', 'no version set', {}, {}, '1.21.13'],
  ] as const)('is the version that %s selects: %s', async (manager, _, files, env, version) => {
    const world = worldOf(manager, files);
    const seen = await entries(world, env);
    expect(seen['toolchain.version']).toBe(version);
    const rules = (await conflicts(world, env)).map(({ rule }) => rule);
    expect(rules.filter((rule) => /go-missing|goroot/.test(rule))).toEqual([]);
  });

  it.each([
    ['goenv', { '.goenv/version': '1.23.0\n' }, 'go 1.23.0'],
    ['asdf', {}, 'no version of go is set'],
    ['asdf', { '.tool-versions': 'golang 1.23.0\n' }, 'go 1.23.0'],
    ['mise', { [`${app}/mise.toml`]: toml('1.25') }, 'go 1.25'],
    [
      'mise',
      { [`${app}/mise.toml`]: '[tools]\ngo = {version = "1.24", os = ["linux"]}\n' },
      'only mise itself can read',
    ],
  ] as const)('is reported as go-missing if %s cannot provide it: %j', async (manager, files, words) => {
    const [first] = await conflicts(worldOf(manager, files), {});
    expect(first?.rule).toBe('go-missing');
    expect(first?.summary).toContain(words);
  });

  it('has the GOBIN and GOPATH that the manager sets', async () => {
    const mise = worldOf('mise', { [`${app}/mise.toml`]: toml('1.26') });
    expect(await entries(mise, {})).toMatchObject({
      'env.GOBIN': '$HOME/.local/share/mise/installs/go/1.26.0/bin',
    });
    expect(await entries(mise, { GOBIN: '/own' })).toMatchObject({ 'env.GOBIN': '/own' });
    const goenv = worldOf('goenv', { '.goenv/version': '1.26.0\n' });
    expect((await entries(goenv, { GOENV_APPEND_GOPATH: '1', GOPATH: '/a' }))['env.GOPATH']).toBe(
      '$HOME/go/1.26.0:/a',
    );
    expect((await entries(goenv, { GOENV_DISABLE_GOPATH: '1' }))['env.GOPATH']).toBeUndefined();
  });

  it('determines the directory in which the tool behind another shim is looked up', async () => {
    const world = worldOf('asdf', { '.tool-versions': 'golang 1.26.0\n' });
    writeFileSync(join(world.home, '.asdf/shims/gopls'), asdfShim('gopls'), { mode: 0o755 });
    await buildTool(go126, join(world.home, '.asdf/installs/golang/1.26.0/bin/gopls'), {
      path: 'golang.org/x/tools/gopls',
      version: 'v0.22.0',
    });
    expect(await entries(world, {})).toMatchObject({ 'tools.gopls': 'v0.22.0 go1.26.0' });
  });
});
