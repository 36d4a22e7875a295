/**
 * `godrift what-if` for the workspace of the working directory, compared with the real go and a check: a
 * change is predicted, then made. The prediction must contain exactly the conflicts that the check finds, and
 * its exit code must tell whether go builds.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { WhatIfDocument } from '../../src/explain/what-if/model.ts';
import { godrift, makeWorld, type World } from '../lab/godrift.ts';
import { ensureToolchain, runGo, type Toolchain } from '../lab/toolchains.ts';

const base = { GOTOOLCHAIN: 'local', GOPROXY: 'off', GOFLAGS: '' };
const files: Readonly<Record<string, string>> = {
  'go.mod': 'module example.com/m1\n\ngo 1.26\n',
  'main.go': 'package main\n\nimport "example.com/m2"\n\nfunc main() { m2.F() }\n',
  '../m2/go.mod': 'module example.com/m2\n\ngo 1.26\n',
  '../m2/m2.go': 'package m2\n\nfunc F() {}\n',
  '../../out/m3/go.mod': 'module example.com/m3\n\ngo 1.26\n',
  '../go.work': 'go 1.26\n\nuse (\n\t./app\n\t./m2\n\t../out/m3\n)\n',
};

let toolchain: Toolchain;
let world: World;

const at = (name: string) => join(world.workspace, name);
const conflicts = async (env: Readonly<Record<string, string>>) => {
  const { stdout } = await godrift(world, ['check', '--json'], { ...base, ...env });
  const { findings } = JSON.parse(stdout) as { findings: { kind: string; rule: string; key: string }[] };
  return findings.filter(({ kind }) => kind === 'conflict').map(({ rule, key }) => `${rule} ${key}`);
};

async function ask(set: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const args = ['what-if', '--json', ...set.flatMap((one) => ['--set', one])];
  const { stdout, stderr, exitCode } = await godrift(world, args, { ...base, ...env });
  expect(stderr).toBe('');
  const { members } = JSON.parse(stdout) as WhatIfDocument;
  const [member] = members;
  if (member === undefined) throw new Error('there is no answer');
  return { member, exitCode };
}

/** Makes the change, runs go build and a check, and reverts the change. */
async function applyChange(set: readonly string[]) {
  const env: Record<string, string> = {};
  for (const one of set) {
    const [, name = '', value = ''] = /^([^=]+)=(.*)$/.exec(one) ?? [];
    const line = /^(go_mod|go_work)\.(go|toolchain)$/.exec(name);
    if (line === null) env[name.replace('env.', '')] = value;
    else {
      const file = at(line[1] === 'go_mod' ? 'go.mod' : '../go.work');
      const rest = readFileSync(file, 'utf8').replace(new RegExp(`^${line[2]} .*\\n`, 'm'), '');
      writeFileSync(file, `${rest}\n${line[2]} ${value}\n`);
    }
  }
  try {
    const { HOME = '' } = world.env;
    const built = await runGo(toolchain, ['build', '-o', join(HOME, 'out/program'), '.'], {
      cwd: world.workspace,
      env: { ...base, ...env, HOME, GOENV: 'off' },
    });
    return { builds: built.exitCode === 0, says: built.stderr, conflicts: await conflicts(env) };
  } finally {
    for (const [name, text] of Object.entries(files)) writeFileSync(at(name), text);
  }
}

beforeAll(async () => {
  toolchain = await ensureToolchain('1.26.0');
  world = makeWorld(toolchain, files);
});

describe('what-if in a workspace', () => {
  it.each([
    [['go_mod.go=1.27'], ['gomod-invalid modules.go_work']],
    [
      ['go_mod.go=1.27', 'env.GOWORK=off'],
      ['module-unavailable env.GOWORK', 'toolchain-too-old toolchain.version'],
    ],
    [['go_work.go=1.25'], ['gomod-invalid modules.go_work']],
    [['go_work.go=1.27'], ['toolchain-too-old toolchain.version']],
    [['env.GOWORK=off'], ['module-unavailable env.GOWORK']],
    [['env.GOWORK=off', 'go_mod.toolchain=go1.27.4', 'env.GOTOOLCHAIN=auto'], undefined],
    [['env.GOWORK=/nowhere/go.work'], ['env-invalid env.GOWORK']],
    [['env.GOOS=nix'], ['goos-goarch-unsupported env.GOOS']],
    [['env.GOARCH=nix'], ['goos-goarch-unsupported env.GOARCH']],
    [['env.GOEXPERIMENT=nix'], ['goexperiment-invalid env.GOEXPERIMENT']],
    [['env.GOFLAGS=-modfile=/nowhere/go.mod'], undefined],
    [['env.GOFLAGS=-nix'], ['goflags-unknown env.GOFLAGS']],
    [['env.GO111MODULE=nix'], undefined],
    [['env.GOTOOLCHAIN=nix'], ['toolchain-not-installed toolchain.version']],
    [['env.GOPATH=relative'], undefined],
    [['env.GOFLAGS=-v'], []],
    [['go_mod.go=1.25'], []],
    [['go_mod.toolchain=go1.27.4'], []],
  ])(
    'predicts for %j the same conflicts as a check and the same success as go build',
    async (set, expected) => {
      const { member, exitCode } = await ask(set);
      // The prediction writes no file.
      for (const [name, text] of Object.entries(files)) expect(readFileSync(at(name), 'utf8')).toBe(text);
      const done = await applyChange(set);
      expect(exitCode === 0, done.says).toBe(done.builds);
      const come = member.appear.certain.map(({ rule, key }) => `${rule} ${key}`).sort();
      expect(come).toEqual(done.conflicts.sort());
      if (expected !== undefined) expect(come).toEqual(expected);
      expect(member.appear.possible).toEqual([]);
    },
  );

  it('predicts a change together with another go first on PATH', async () => {
    const asked = ['what-if', '--json', '--set', 'go_mod.go=1.27', '--go', '1.27.4'];
    const { stdout, exitCode } = await godrift(world, asked, base);
    const [member] = (JSON.parse(stdout) as WhatIfDocument).members;
    expect(member?.after).toEqual([{ outcome: 'local', version: '1.27.4' }]);
    expect(member?.appear.certain.map(({ rule }) => rule)).toEqual(['gomod-invalid']);
    expect(exitCode).toBe(1);
    // The experiments of another Go tree are unknown, so the conflict is only possible.
    const other = await godrift(
      world,
      ['what-if', '--json', '--set', 'GOEXPERIMENT=nix', '--go', '1.27.4'],
      base,
    );
    const [unsure] = (JSON.parse(other.stdout) as WhatIfDocument).members;
    expect(unsure?.appear).toMatchObject({ certain: [], possible: [{ rule: 'goexperiment-invalid' }] });
  });

  it('treats NAME= as removed from both the process environment and GOENV', async () => {
    const goenv = join(world.home, 'goenv');
    writeFileSync(goenv, 'GOFLAGS=-nix\nGOPRIVATE=example.com\n');
    const { member } = await ask(['GOFLAGS='], { GOENV: goenv, GOFLAGS: '-mod=mod' });
    expect(member.go.certain.map(({ rule }) => rule)).toContain('goflags-unknown');
    expect(member.appear.certain).toEqual([]);
    expect(readFileSync(goenv, 'utf8')).toBe('GOFLAGS=-nix\nGOPRIVATE=example.com\n');
  });

  it('exits with 2 for a line of a file that does not exist', async () => {
    const alone = makeWorld(toolchain);
    const { stdout, stderr, exitCode } = await godrift(alone, ['what-if', '--set', 'go_work.go=1.27']);
    expect([exitCode, stdout]).toEqual([2, '']);
    expect(stderr).toBe(
      'godrift: cannot use go_work.go: there is no go.work here; run this in a module or workspace that has one\n',
    );
  });
});
