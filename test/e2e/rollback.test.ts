/**
 * `godrift rollback` as a user runs it: with a real go and real files, alone and beside a running exporter.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { request } from 'node:http';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { accept, goenvOf, goIn, worldWithGoenv } from '../lab/accepted.ts';
import { eventually, godrift, makeWorld, seriesOf, startExporter, type World } from '../lab/godrift.ts';
import { cloneToolchain, ensureToolchain, type Toolchain } from '../lab/toolchains.ts';
import { homeOf } from '../lab/tree.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

/** A world with this GOENV and an accepted baseline. */
async function accepted(text: string | undefined = '# mine\nGOFLAGS=-trimpath\n'): Promise<World> {
  const world = worldWithGoenv(toolchain, text);
  await accept(world);
  return world;
}

const rollback = (world: World, ...args: string[]) => godrift(world, ['rollback', ...args]);

describe('godrift rollback', () => {
  it('restores the GOENV file byte for byte, and touches nothing else', async () => {
    const world = await accepted();
    const healthy = homeOf(world);
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod', 'GOARCH=arm64');
    chmodSync(goenvOf(world), 0o600);
    const dry = await rollback(world, '--dry-run');
    expect(dry.exitCode).toBe(0);
    expect(dry.stdout).toContain('GOFLAGS  -mod=mod → -trimpath');
    expect(dry.stdout).toContain('GOARCH  arm64 → (none)');
    expect(readFileSync(goenvOf(world), 'utf8')).toContain('GOARCH=arm64');
    const done = await rollback(world, '--yes', '--json');
    expect(done).toMatchObject({ exitCode: 0, stderr: '' });
    expect(JSON.parse(done.stdout)).toMatchObject({
      schema: 'godrift.plan/1',
      result: 'applied',
      steps: [{ kind: 'restore-file', path: goenvOf(world) }],
      refusals: [],
      left: [],
    });
    expect(homeOf(world)).toEqual(healthy);
    expect(goIn(world, 'env', 'GOFLAGS', 'GOARCH')).toBe(
      `-trimpath\n${process.arch === 'x64' ? 'amd64' : 'arm64'}`,
    );
    const events = await godrift(world, ['events']);
    expect(events.stdout).toMatch(
      /intent {4}default: rollback of env.*\n.*outcome {3}default: rollback of env applied and verified/,
    );
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
    expect(await rollback(world)).toMatchObject({
      exitCode: 0,
      stdout: expect.stringContaining('nothing to put back'),
    });
  });

  it('recreates a removed file, removes a new file, and restores a file that stops every go command', async () => {
    const world = await accepted();
    rmSync(join(world.home, '.config'), { recursive: true });
    expect((await rollback(world, '--yes')).exitCode).toBe(0);
    expect(readFileSync(goenvOf(world), 'utf8')).toBe('# mine\nGOFLAGS=-trimpath\n');
    // A changed comment is drift too, although go ignores it.
    writeFileSync(goenvOf(world), '# yours\nGOFLAGS=-trimpath\n');
    expect((await rollback(world, '--yes')).exitCode).toBe(0);
    expect(readFileSync(goenvOf(world), 'utf8')).toBe('# mine\nGOFLAGS=-trimpath\n');
    writeFileSync(goenvOf(world), 'GOFLAGS=-no-such-flag\n');
    expect(() => goIn(world, 'version')).toThrow();
    expect((await rollback(world, '--yes')).exitCode).toBe(0);
    expect(goIn(world, 'version')).toContain('go1.27.4');

    const bare = await accepted();
    rmSync(goenvOf(bare));
    await accept(bare);
    goIn(bare, 'env', '-w', 'GOFLAGS=-mod=mod');
    expect((await rollback(bare, '--yes')).exitCode).toBe(0);
    expect(existsSync(goenvOf(bare))).toBe(false);
  });

  it('follows no symlink: it restores the symlink and its target separately', async () => {
    const world = makeWorld(toolchain);
    mkdirSync(join(world.home, 'dotfiles'));
    mkdirSync(dirname(goenvOf(world)), { recursive: true });
    writeFileSync(join(world.home, 'dotfiles/goenv'), 'GOFLAGS=-trimpath\n');
    symlinkSync(join(world.home, 'dotfiles/goenv'), goenvOf(world));
    await accept(world);
    const healthy = homeOf(world);
    rmSync(goenvOf(world));
    writeFileSync(goenvOf(world), 'GOFLAGS=-mod=mod\n');
    writeFileSync(join(world.home, 'dotfiles/goenv'), 'GOFLAGS=-v\n');
    expect((await rollback(world, '--yes', '--key', 'GOFLAGS')).stdout).toContain(
      'single variables cannot be restored there',
    );
    const whole = await rollback(world, '--yes');
    expect(whole.stdout).not.toContain('stays');
    expect(whole.exitCode).toBe(0);
    expect(homeOf(world)).toEqual(healthy);
    // A planted symlink is replaced, even if everybody may write its target, and the target is not touched.
    writeFileSync(join(world.home, 'precious'), 'GOFLAGS=-x\n');
    chmodSync(join(world.home, 'precious'), 0o666);
    rmSync(goenvOf(world));
    symlinkSync(join(world.home, 'precious'), goenvOf(world));
    expect((await rollback(world, '--yes')).exitCode).toBe(0);
    expect(readFileSync(join(world.home, 'precious'), 'utf8')).toBe('GOFLAGS=-x\n');
    expect(readlinkSync(goenvOf(world))).toBe(join(world.home, 'dotfiles/goenv'));
  });

  it('restores one variable with --key and keeps other changes', async () => {
    const world = await accepted();
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod', 'GOARCH=arm64');
    expect((await rollback(world, '--yes', '--key', 'GOFLAGS')).exitCode).toBe(0);
    expect(goIn(world, 'env', 'GOFLAGS', 'GOARCH')).toBe('-trimpath\narm64');

    // In a file that did not exist, only the line of the variable is removed, until it is the last one.
    rmSync(goenvOf(world));
    await accept(world);
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod', 'GOARCH=arm64');
    const offered = (await godrift(world, ['check'])).stdout;
    expect(offered).toContain('godrift rollback --key GOFLAGS: write the approved content');
    expect((await rollback(world, '--yes', '--key', 'GOFLAGS')).exitCode).toBe(0);
    expect(readFileSync(goenvOf(world), 'utf8')).toBe('GOARCH=arm64\n');
    expect((await godrift(world, ['check'])).stdout).toContain('--key GOARCH: remove the file');
    expect((await rollback(world, '--yes', '--key', 'GOARCH')).exitCode).toBe(0);
    expect(existsSync(goenvOf(world))).toBe(false);
  });

  it('restores an older approval with --to', async () => {
    const world = await accepted();
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    await accept(world, 'the new way');
    const list = await godrift(world, ['baseline', 'list', '--json']);
    const records = JSON.parse(list.stdout);
    expect(records).toMatchObject([
      { why: 'the new way', in_force: true },
      { why: 'all well', in_force: false },
    ]);
    expect((await rollback(world, '--dry-run')).stdout).toContain('nothing to put back');
    expect((await rollback(world, '--yes', '--to', records[1].id)).exitCode).toBe(0);
    expect(goIn(world, 'env', 'GOFLAGS')).toBe('-trimpath');
    const none = await rollback(world, '--dry-run', '--to', '2020-01-01');
    expect(none).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no approved record matches'),
    });
  });

  it('keeps the content that it replaces, so that a rollback can be rolled back', async () => {
    const world = await accepted();
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    const work = readFileSync(goenvOf(world), 'utf8');
    const done = JSON.parse((await rollback(world, '--yes', '--json')).stdout);
    expect((await godrift(world, ['baseline', 'list'])).stdout).toMatch(
      /replaced .*before a rollback of env\n.*in force .*all well/,
    );
    const back = await rollback(world, '--yes', '--to', done.replaced);
    expect(back).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('to what stood there') });
    expect(readFileSync(goenvOf(world), 'utf8')).toBe(work);
    // --to with a time selects an approval, never replaced content.
    expect((await rollback(world, '--dry-run', '--to', new Date().toISOString())).stdout).toContain(
      'all well',
    );
  });

  it('exits with 1 if a variable stays because the process sets it, and still restores the others', async () => {
    const world = await accepted();
    const { exitCode, stdout } = await godrift(world, ['rollback', '--yes'], { GOFLAGS: '-mod=mod' });
    expect(exitCode).toBe(1);
    expect(stdout).toContain('stays  env.GOFLAGS: the process environment sets it');
    // Other settings are restored, and the exit code still reports the one that stays.
    goIn(world, 'env', '-w', 'GOARCH=arm64');
    const half = await godrift(world, ['rollback', '--yes'], { GOFLAGS: '-mod=mod' });
    expect(half).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('applied and verified') });
    expect((await rollback(world, '--dry-run', '--key', 'goflags')).exitCode).toBe(2);
  });

  it('does nothing without a terminal and without --yes', async () => {
    const world = await accepted();
    goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
    const asked = await rollback(world);
    expect(asked).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('nothing was done: there is no terminal to ask on, give --yes'),
    });
    expect(goIn(world, 'env', 'GOFLAGS')).toBe('-mod=mod');
  });

  it('undoes a rollback whose verification fails', async () => {
    const world = makeWorld(toolchain);
    const temporary = join(world.home, 'temporary');
    mkdirSync(temporary);
    mkdirSync(dirname(goenvOf(world)), { recursive: true });
    writeFileSync(goenvOf(world), `GOFLAGS=-trimpath\nGOTMPDIR=${temporary}\n`);
    await accept(world);
    // The approved value now breaks every build.
    rmSync(temporary, { recursive: true });
    writeFileSync(goenvOf(world), 'GOFLAGS=-mod=mod\n');
    const { exitCode, stdout } = await rollback(world, '--yes');
    expect(stdout).toMatch(/undone: verification failed: it brings a new conflict: .*GOTMPDIR/);
    expect(exitCode).toBe(1);
    expect(readFileSync(goenvOf(world), 'utf8')).toBe('GOFLAGS=-mod=mod\n');
  });

  it('accepts conflicts that the approved or the replaced state already had', async () => {
    const world = await accepted('GOFLAGS=-trimpath\nGOPROXY=off\nGOTOOLCHAIN=go1.99.9\n');
    const drifted = 'GOFLAGS=-mod=mod\nGOARCH=riscv64\n';
    writeFileSync(goenvOf(world), drifted);
    const done = await rollback(world, '--yes');
    expect(done.stdout).toContain('applied and verified');
    const [, id = ''] = /--to (\w+)/.exec(done.stdout) ?? [];
    // The result is a major drift again, as requested.
    expect((await rollback(world, '--yes', '--to', id)).stdout).toContain('applied and verified');
    expect(readFileSync(goenvOf(world), 'utf8')).toBe(drifted);
  });
});

describe('a rollback of the toolchain', () => {
  it('restores the symlink of a user, but not while a go command of that toolchain runs', async () => {
    const world = makeWorld(undefined);
    // Private trees: other tests run go from the shared ones.
    const older = await cloneToolchain('1.26.0', join(world.home, 'sdk/go1.26.0'));
    const newer = await cloneToolchain('1.27.4', join(world.home, 'sdk/go1.27.4'));
    const link = join(world.home, 'go');
    symlinkSync(older.goroot, link);
    const own = { ...world, env: { ...world.env, PATH: `${link}/bin:/usr/bin:/bin` } };
    await accept(own);
    rmSync(link);
    symlinkSync(newer.goroot, link);
    const version = () =>
      execFileSync(join(link, 'bin/go'), ['version'], {
        env: { ...own.env, GOTELEMETRY: 'off' },
        encoding: 'utf8',
      });
    expect(version()).toContain('go1.27.4');
    const build = spawn(join(link, 'bin/go'), ['run', '-x', 'nowhere.example/none@latest'], {
      cwd: world.workspace,
      env: { ...own.env, GOPROXY: 'http://127.0.0.1:9', GOSUMDB: 'off', GOFLAGS: '-mod=mod' },
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    build.kill('SIGSTOP');
    const busy = await rollback(own, '--yes', '--facet', 'toolchain');
    build.kill('SIGKILL');
    await new Promise((resolve) => build.once('close', resolve));
    expect(busy).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('wait until builds are done'),
    });
    expect(readlinkSync(link)).toBe(newer.goroot);
    expect(await rollback(own, '--yes', '--facet', 'toolchain')).toMatchObject({ exitCode: 0 });
    expect(readlinkSync(link)).toBe(older.goroot);
    expect(version()).toContain('go1.26.0');
  });

  it('is refused before anything is written, with all new conflicts that it would bring', async () => {
    const world = makeWorld(undefined, {
      'go.mod':
        'module example.com/app\n\ngo 1.21\n\nrequire example.com/dep v0.0.0\n\nreplace example.com/dep => ../dep\n',
      'main.go': 'package main\n\nimport "example.com/dep"\n\nfunc main() { println(dep.V) }\n',
      '../dep/go.mod': 'module example.com/dep\n\ngo 1.21\n',
      '../dep/dep.go': 'package dep\n\nconst V = "all well"\n',
    });
    const link = join(world.home, 'go');
    const own = { ...world, env: { ...world.env, PATH: `${link}/bin:/usr/bin:/bin`, GOTOOLCHAIN: 'local' } };
    const lead = async (version: string) => {
      const goroot = join(world.home, `sdk/go${version}`);
      if (!existsSync(goroot)) await cloneToolchain(version, goroot);
      rmSync(link, { force: true });
      symlinkSync(goroot, link);
    };
    const dry = async (more: Readonly<Record<string, string>> = {}) =>
      (await godrift(own, ['rollback', '--dry-run', '--facet', 'toolchain'], more)).stdout;
    await lead('1.21.13');
    await accept(own);
    await lead('1.26.0');
    expect(await dry()).not.toContain('refused');
    writeFileSync(join(world.workspace, '../dep/go.mod'), 'module example.com/dep\n\ngo 1.26.0\n');
    const before = homeOf(own);
    const refused = await godrift(own, ['rollback', '--yes', '--facet', 'toolchain'], {
      GOFLAGS: '-artifacts',
    });
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(
      /refused {2}preflight: it brings a new conflict: .*dep.* requires go >= 1\.26\.0/,
    );
    expect(refused.stdout).toMatch(/refused {2}preflight: it brings a new conflict: .*-artifacts/);
    expect(homeOf(own)).toEqual(before);
    expect((await godrift(own, ['events'])).stdout).toContain('preflight: it brings a new conflict');
    // A GODEBUG setting that go1.27.4 rejects and go1.26.0 accepts.
    await lead('1.27.4');
    await accept(own);
    await lead('1.26.0');
    expect(await dry({ GODEBUG: 'asynctimerchan=1' })).toMatch(
      /refused {2}preflight: .*asynctimerchan, which go1\.27\.4 has removed/,
    );
    expect(await dry()).not.toContain('refused');
    expect(await godrift(own, ['rollback', '--yes', '--facet', 'toolchain'])).toMatchObject({ exitCode: 0 });
    expect(goIn(own, 'version')).toContain('go1.27.4');
  });

  it('restores GOTOOLCHAIN and keeps all other settings', async () => {
    const world = await accepted();
    goIn(world, 'env', '-w', 'GOTOOLCHAIN=go1.26.0', 'GOFLAGS=-mod=mod');
    const { exitCode, stdout } = await godrift(world, ['rollback', '--yes', '--facet', 'toolchain']);
    expect(`${stdout}${exitCode}`).toMatch(
      /GOTOOLCHAIN {2}go1\.26\.0 → \(none\)[\s\S]*applied and verified[\s\S]*0$/,
    );
    expect(readFileSync(goenvOf(world), 'utf8')).toBe('# mine\nGOFLAGS=-mod=mod\n');
  });
});

describe('project files', () => {
  const git = (world: World, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=ann', '-c', 'user.email=ann@example.com', ...args], {
      cwd: world.workspace,
      env: world.env,
    });

  it('are restored only if HEAD has the approved content and no git operation is in progress', async () => {
    const world = makeWorld(toolchain);
    git(world, 'init', '-q');
    git(world, 'add', 'go.mod');
    git(world, 'commit', '-q', '-m', 'one');
    await accept(world);
    const gomod = join(world.workspace, 'go.mod');
    const approved = readFileSync(gomod, 'utf8');
    writeFileSync(gomod, approved.replace('go 1.21', 'go 1.22'));
    // An unfinished merge, or a running git command, which writes files first and HEAD at its end.
    for (const [name, what] of [
      ['MERGE_HEAD', 'a merge'],
      ['index.lock', 'a git command'],
    ] as const) {
      const sign = join(world.workspace, '.git', name);
      writeFileSync(sign, '');
      expect((await rollback(world, '--dry-run', '--facet', 'modules')).stdout).toContain(
        `refused  ${what} is in progress there: finish or abort it (${sign})`,
      );
      rmSync(sign);
    }
    expect(await rollback(world, '--yes', '--facet', 'modules')).toMatchObject({ exitCode: 0 });
    expect(readFileSync(gomod, 'utf8')).toBe(approved);
    writeFileSync(gomod, approved.replace('go 1.21', 'go 1.23'));
    git(world, 'commit', '-q', '-a', '-m', 'two');
    for (const facet of ['modules', 'toolchain']) {
      const { stdout } = await rollback(world, '--yes', '--facet', facet);
      expect(stdout).toMatch(/refused {2}HEAD has a different .*go\.mod|nothing to put back/);
    }
    expect(readFileSync(gomod, 'utf8')).toContain('go 1.23');
  });
});

describe('a rollback', () => {
  it('is refused without an approved record and with one that was tampered with', async () => {
    const world = makeWorld(toolchain);
    expect(await rollback(world, '--dry-run')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('no baseline that could be restored was approved'),
    });
    const kept = await accepted();
    goIn(kept, 'env', '-w', 'GOFLAGS=-mod=mod');
    const [folder = ''] = readdirSync(join(kept.state, 'approved'));
    const place = join(kept.state, 'approved', folder);
    const tampered = readdirSync(place).filter((name) =>
      readFileSync(join(place, name), 'utf8').startsWith('# mine'),
    );
    expect(tampered).toHaveLength(1);
    writeFileSync(join(place, tampered[0] as string), '# mine\nGOFLAGS=-toolexec=evil\n');
    expect(await rollback(kept, '--yes')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('was changed after it was kept'),
    });
    expect(goIn(kept, 'env', 'GOFLAGS')).toBe('-mod=mod');
  });

  it('is refused if the stored baseline is not the newest one in the journal', async () => {
    const world = await accepted();
    const [folder = ''] = readdirSync(join(world.state, 'targets'));
    const pointer = join(world.state, 'targets', folder, 'accepted.json');
    const older = readFileSync(pointer, 'utf8');
    const snapshot = JSON.parse(older).snapshot;
    const text = readFileSync(join(world.state, 'targets', folder, snapshot), 'utf8');
    goIn(world, 'env', '-w', 'GOFLAGS=-v');
    await accept(world, 'the new way');
    writeFileSync(pointer, older, { mode: 0o600 });
    writeFileSync(join(world.state, 'targets', folder, snapshot), text, { mode: 0o600 });
    expect(await rollback(world, '--yes')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('the newest baseline in the journal is not the stored one'),
    });
    expect(goIn(world, 'env', 'GOFLAGS')).toBe('-v');
    expect(JSON.parse((await godrift(world, ['baseline', 'list', '--json'])).stdout)).toHaveLength(2);
    rmSync(join(world.state, 'journal'), { recursive: true });
    expect(JSON.parse((await godrift(world, ['baseline', 'list', '--json'])).stdout)).toHaveLength(0);
    expect(await rollback(world, '--yes')).toMatchObject({ exitCode: 2 });
  });

  it('uses nothing from a committed baseline, which a pull request can edit', async () => {
    const world = await accepted();
    const portable = await godrift(world, ['snapshot', '--portable', '--output', '.godrift.snapshot']);
    expect(portable.exitCode).toBe(0);
    const file = join(world.workspace, '.godrift.snapshot');
    const honest = readFileSync(file, 'utf8');
    const attacks = [
      'env.GOFLAGS=-toolexec\\=/tmp/evil',
      'env.GOCACHEPROG=/tmp/evil',
      'env.GOSUMDB=off',
      'env.CC=/tmp/evil',
      'toolchain.version=1.20.1',
    ];
    for (const attack of attacks) {
      const [key = ''] = attack.split('=');
      const lines = honest.split('\n').filter((line) => line !== '' && !line.startsWith(`${key}=`));
      const [header = '', ...rest] = [...lines, attack];
      writeFileSync(file, `${[header, ...rest.sort()].join('\n')}\n`);
      // Without drift nothing is done; after a drift the content approved on this host is restored.
      const nothing = ['--facet', key.split('.')[0] as string, '--dry-run', '--json'];
      expect(JSON.parse((await rollback(world, ...nothing)).stdout), attack).toMatchObject({ steps: [] });
      writeFileSync(goenvOf(world), 'GOPRIVATE=example.com\n');
      expect(await rollback(world, '--yes')).toMatchObject({ exitCode: 0 });
      expect(readFileSync(goenvOf(world), 'utf8'), attack).toBe('# mine\nGOFLAGS=-trimpath\n');
    }
  });

  it('is refused for a file in the code or in a directory that others may write, and the refusal is journalled', async () => {
    const world = makeWorld(toolchain);
    const env = { GOENV: join(world.workspace, 'goenv') };
    const own = { ...world, env: { ...world.env, ...env } };
    writeFileSync(env.GOENV, 'GOFLAGS=-trimpath\n');
    await accept(own);
    writeFileSync(env.GOENV, 'GOFLAGS=-mod=mod\n');
    const inside = await rollback(own, '--yes');
    expect(inside).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('lies in the code') });
    expect((await godrift(own, ['events'])).stdout).toMatch(
      /refusal {3}default: rollback of env asked for by .* was refused: .*lies in the code/,
    );

    const open = await accepted();
    goIn(open, 'env', '-w', 'GOFLAGS=-mod=mod');
    chmodSync(dirname(goenvOf(open)), 0o777);
    const refused = await rollback(open, '--yes');
    expect(refused).toMatchObject({ exitCode: 1, stdout: expect.stringContaining('refused') });
    expect(goIn(open, 'env', 'GOFLAGS')).toBe('-mod=mod');
  });
});

/** Posts to the admin API. */
function post({ state }: World, path: string, body: object): Promise<{ status: number; body: string }> {
  return new Promise((resolve, reject) => {
    const call = request(
      {
        socketPath: join(state, 'admin.sock'),
        path,
        method: 'POST',
        headers: { 'content-type': 'application/json' },
      },
      (answer) => {
        let text = '';
        answer.on('data', (chunk: Buffer) => {
          text += chunk.toString();
        });
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, body: text }));
      },
    );
    call.on('error', reject);
    call.end(JSON.stringify(body));
  });
}

describe('a rollback beside a running exporter', () => {
  it('is done by the exporter, shown on its page at once, and recorded in one trace', async () => {
    const world = await accepted();
    const exporter = await startExporter(world);
    try {
      const level = async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'env' });
      await eventually('the first look', async () => (await level()) === 0);
      goIn(world, 'env', '-w', 'GOFLAGS=-mod=mod');
      await eventually('the drift', async () => (await level()) === 2);
      const about = { target: 'default', workspace: world.workspace, facet: 'env' };
      const other = await post(world, '/api/v1/rollbacks', { ...about, plan: '0'.repeat(64) });
      expect(other.status).toBe(202);
      expect(JSON.parse(other.body)).toMatchObject({
        result: 'refused',
        refusals: [expect.stringContaining('the files have changed since this plan was shown')],
      });
      expect((await post(world, '/api/v1/rollbacks', { ...about, target: 'x' })).status).toBe(404);
      expect((await post(world, '/api/v1/rollbacks', { ...about, facet: 'x' })).status).toBe(400);
      expect((await rollback(world, '--yes')).exitCode).toBe(0);
      expect(await level()).toBe(0);
      expect(readFileSync(goenvOf(world), 'utf8')).toBe('# mine\nGOFLAGS=-trimpath\n');
    } finally {
      await exporter.stop();
    }
    const journal = join(world.state, 'journal/journal-000000000001.jsonl');
    const lines = readFileSync(journal, 'utf8').trim().split('\n');
    const events = lines.map((line) => JSON.parse(line));
    const drift = events.find(({ type }) => type === 'drift');
    const outcome = events.find(({ type }) => type === 'outcome');
    expect(outcome).toMatchObject({ trace_id: drift.trace_id, parent_span_id: drift.span_id });
    expect(events.find(({ type }) => type === 'refusal')).toMatchObject({ trace_id: drift.trace_id });
    expect(events.find(({ type }) => type === 'resolved')).toMatchObject({ trace_id: drift.trace_id });

    const told = await godrift(world, ['events', '--trace', drift.trace_id.slice(0, 8)]);
    expect(told).toMatchObject({ exitCode: 0, stderr: '' });
    expect(told.stdout).toMatch(
      /drift .*GOFLAGS(.*\n)+.*refusal (.*\n)+.*intent (.*\n)+.*outcome .*\n.*step restore-file .*\n.*verify .*\n.*resolved /,
    );
    const report = await godrift(world, ['events', '--report']);
    expect(report.stdout).toMatch(/^# env of default drifted and was rolled back\n/);
    const witness = /--witness (\S+)/.exec(report.stdout)?.[1] as string;
    expect((await godrift(world, ['events', '--verify', '--witness', witness])).exitCode).toBe(0);
    expect(await godrift(world, ['events', '--trace', '0000000'])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('the journal does not hold it'),
    });
  });
});
