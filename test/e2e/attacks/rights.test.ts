/**
 * An exporter that runs as root and observes a user who names files that only root may read: no content of
 * them may appear on a page, in a log, in the state or in an event. The owner of a workspace also replaces
 * its files while they are read.
 */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { copyToolchain } from '../../lab/copied-toolchain.ts';
import {
  type Exporter,
  eventually,
  godrift,
  makeWorld,
  startExporter,
  type World,
} from '../../lab/godrift.ts';
import { ensureToolchain } from '../../lab/toolchains.ts';
import { textsBelow } from '../../lab/tree.ts';

const go127 = await ensureToolchain('1.27.4');
const nobody = ['--reuid=65534', '--regid=65534', '--clear-groups'];
const mayBeNobody = process.getuid?.() === 0 && spawnSync('setpriv', [...nobody, 'true']).status === 0;
const skipped = mayBeNobody ? '' : ' [skipped, missing: root and setpriv(1)]';

const running: (Exporter | ChildProcess)[] = [];
afterEach(async () => {
  for (const one of running.splice(0)) {
    if ('url' in one) await one.stop();
    else one.kill('SIGKILL');
  }
});

/**
 * A workspace of user nobody, and files that only root may read because of
 * their own mode or that of their directory.
 */
function makeTheirs(): World & { readonly secret: (name: string) => string } {
  const made = makeWorld(undefined);
  chmodSync(made.home, 0o755);
  const go = copyToolchain(go127, join(made.home, 'sdk'));
  const world = { ...made, env: { ...made.env, PATH: `${dirname(go)}:${made.env.PATH}` } };
  const [kept, inside] = [join(world.home, 'kept'), join(world.home, 'inside')];
  mkdirSync(kept, { mode: 0o700 });
  mkdirSync(inside);
  const texts = {
    token: 's3cr3tTOKEN\n',
    shadow: 'root:$6$s3cr3tHASH:19000:0:99999:7:::\n',
    env: 'AWS_s3cr3tKEYNAME=x\nGOFLAGS=-tags=s3cr3tTAG\n',
    'go.mod': 'module s3cr3t.example/x\n\ngo 1.21\n\ns3cr3tVERB\n',
    '.asdfrc': 'legacy_version_file = yes\n',
    'go.env': 'GOPRIVATE=s3cr3t.example\n',
  };
  for (const [name, text] of Object.entries(texts)) {
    writeFileSync(join(kept, name), text, { mode: 0o644 });
    writeFileSync(join(inside, name), text, { mode: 0o600 });
  }
  chownSync(world.workspace, 65534, 65534);
  return { ...world, secret: (name) => join(name.endsWith('.mod') ? kept : inside, name) };
}

async function started(variables: Readonly<Record<string, string>>): Promise<void> {
  const child = spawn('setpriv', [...nobody, 'sh', '-c', 'echo ready; exec sleep 60322'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...variables },
  });
  running.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
}

/** Starts an exporter; returns a function that collects all its outputs and state files. */
async function servedText(
  world: World,
  environment: string,
  interval = '30s',
): Promise<() => Promise<string>> {
  const config = join(world.home, 'godrift.yml');
  writeFileSync(
    config,
    `interval: ${interval}\ntargets: [{name: theirs, workspace: ${world.workspace}, environment: ${environment}}]\n`,
  );
  const exporter = await startExporter(world, ['--config.file', config]);
  running.push(exporter);
  await eventually('a first look', async () =>
    (await exporter.metrics()).includes('godrift_toolchain_info{'),
  );
  return async () => {
    const page = await (await fetch(exporter.url)).text();
    return [await exporter.metrics(), page, exporter.output(), ...textsBelow(world.state)].join('\n');
  };
}

const theirs = '{from: process, uid: 65534, cmdline: sleep 60322}';

describe.skipIf(!mayBeNobody)(`a file that only root may read${skipped}`, () => {
  const named: readonly (readonly [
    string,
    (secret: (name: string) => string, world: World) => Record<string, string>,
  ])[] = [
    ['GOWORK', (secret) => ({ GOWORK: secret('token') })],
    ['GOWORK, with a line of /etc/shadow', (secret) => ({ GOWORK: secret('shadow') })],
    ['GOENV', (secret) => ({ GOENV: secret('env') })],
    ['-modfile', (secret) => ({ GOFLAGS: `-modfile=${secret('go.mod')}` })],
    [
      'replace',
      (secret, world) => {
        const line = `require s3.example/x v0.0.0\n\nreplace s3.example/x => ${join(secret('go.mod'), '..')}\n`;
        writeFileSync(join(world.workspace, 'go.mod'), `module e.com/x\n\ngo 1.21\n\n${line}`);
        return {};
      },
    ],
    [
      'use',
      (secret, world) => {
        writeFileSync(join(world.workspace, 'go.work'), `go 1.21\n\nuse ${join(secret('go.mod'), '..')}\n`);
        return {};
      },
    ],
  ];

  it.each(named)('is not read for a process of another user that names it in %s', async (_, name) => {
    const world = makeTheirs();
    await started({ ...world.env, ...name(world.secret, world) });
    expect(await (await servedText(world, theirs))()).not.toMatch(/s3cr3t/);
  });

  it.each([
    ['the directory', 0o2775, 0o644],
    ['the directory, by everybody', 0o777, 0o644],
    ['go.mod', 0o755, 0o664],
  ])('is not read for a workspace of root in which others may write %s', async (_, directory, file) => {
    const world = makeTheirs();
    const gomod = join(world.workspace, 'go.mod');
    const secret = join(world.secret('go.mod'), '..');
    const text = 'module s3cr3t.example/x\n\ngo 1.21\n\nrequire s3cr3t.example/vault v1.2.3\n';
    writeFileSync(join(secret, 'go.mod'), text, { mode: 0o600 });
    writeFileSync(
      gomod,
      `module e.com/x\n\ngo 1.21\n\nrequire s3.example/x v0.0.0\n\nreplace s3.example/x => ${secret}\n`,
    );
    chownSync(world.workspace, 0, 65534);
    chownSync(gomod, 0, 65534);
    chmodSync(world.workspace, directory);
    chmodSync(gomod, file);
    expect(await (await servedText(world, 'self'))()).not.toMatch(/s3cr3t/);
    // If only root may write, the folder is read.
    chmodSync(world.workspace, 0o755);
    chmodSync(gomod, 0o644);
    const first = running.pop();
    if (first !== undefined && 'url' in first) await first.stop();
    // The requirements of modules are read asynchronously after the first pass.
    const own = await servedText(world, 'self');
    await eventually('the content of root’s own folder', async () => /s3cr3t/.test(await own()));
  });

  it('is not reported to exist if .git of a workspace of another user names it as repository', async () => {
    const world = makeTheirs();
    const [kept, git] = [join(world.home, 'kept'), join(world.workspace, '.git')];
    writeFileSync(join(world.workspace, 'go.mod'), 'module e.com/x\n\ngo 1.21\n');
    writeFileSync(join(world.workspace, 'main.go'), 'package main\n\nfunc main() {}\n');
    writeFileSync(git, `gitdir: ${kept}/repository\n`);
    for (const name of ['go.mod', 'main.go', '.git']) chownSync(join(world.workspace, name), 65534, 65534);
    const check = async () => (await godrift(world, ['check', '--json'])).stdout;
    expect(await check()).not.toMatch(/vcs-stamping/);
    for (const name of ['objects', 'refs']) mkdirSync(join(kept, 'repository', name), { recursive: true });
    for (const head of ['no branch\n', 'ref: refs/heads/main\n']) {
      writeFileSync(join(kept, 'repository/HEAD'), head);
      expect(await check()).not.toMatch(/vcs-stamping/);
    }
    // A repository that the user can inspect is reported.
    writeFileSync(git, 'gitdir: nowhere\n');
    expect(await check()).toMatch(/vcs-stamping/);
  });

  it('is not read for an environment that another user publishes', async () => {
    const world = makeTheirs();
    const published = join(world.home, 'environ');
    writeFileSync(published, `PATH=${world.env.PATH}\0HOME=${world.home}\0GOWORK=${world.secret('token')}\0`);
    chownSync(published, 65534, 65534);
    expect(await (await servedText(world, `{from: file, path: ${published}}`))()).not.toMatch(/s3cr3t/);
  });

  it.each([
    ['GOWORK', (secret: string) => `GOWORK=${secret}`, 'token'],
    ['GOWORK, with a line of /etc/shadow', (secret: string) => `GOWORK=${secret}`, 'shadow'],
    ['-modfile', (secret: string) => `GOFLAGS=-modfile=${secret}`, 'go.mod'],
  ])('is not read for a GOENV file of another user that names it in %s', async (_, line, file) => {
    const world = makeTheirs();
    const theirHome = join(world.home, 'theirs');
    mkdirSync(join(theirHome, '.config/go'), { recursive: true });
    writeFileSync(join(theirHome, '.config/go/env'), `${line(world.secret(file))}\n`);
    for (const name of ['', '.config', '.config/go', '.config/go/env'])
      chownSync(join(theirHome, name), 65534, 65534);
    const published = join(world.home, 'environ');
    writeFileSync(published, `PATH=${world.env.PATH}\0HOME=${theirHome}\0`);
    chownSync(world.workspace, 0, 0);
    expect(await (await servedText(world, `{from: file, path: ${published}}`))()).not.toMatch(/s3cr3t/);
  });

  it('is not read as environment file through a symlink of another user', async () => {
    const world = makeTheirs();
    const theirHome = join(world.home, 'theirs');
    mkdirSync(theirHome);
    symlinkSync(world.secret('env'), join(theirHome, 'environ'));
    chownSync(theirHome, 65534, 65534);
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      `targets: [{name: theirs, workspace: ${world.workspace}, environment: {from: file, path: ${theirHome}/environ}}]\n`,
    );
    const exporter = await startExporter(world, ['--config.file', config]);
    running.push(exporter);
    const page = await eventually('a first look', async () => {
      const text = await exporter.metrics();
      return text.includes('godrift_target_readable{') ? text : undefined;
    });
    expect(page).toMatch(/^godrift_target_readable\{.*reason="denied".*\} 0/m);
    expect(page).not.toMatch(/s3cr3t/);
  });

  it('is not read as environment file through a symlink of root into a directory of another user', async () => {
    const world = makeTheirs();
    const [named, exchanged] = [join(world.home, 'environ'), join(world.home, 'theirs')];
    mkdirSync(exchanged);
    symlinkSync(world.secret('env'), join(exchanged, 'environ'));
    chownSync(exchanged, 65534, 65534);
    symlinkSync(join(exchanged, 'environ'), named);
    const config = join(world.home, 'godrift.yml');
    writeFileSync(
      config,
      `targets: [{name: theirs, workspace: ${world.workspace}, environment: {from: file, path: ${named}}}]\n`,
    );
    const exporter = await startExporter(world, ['--config.file', config]);
    running.push(exporter);
    const page = await eventually('a first look', async () => {
      const text = await exporter.metrics();
      return text.includes('godrift_target_readable{') ? text : undefined;
    });
    expect(page).toMatch(/^godrift_target_readable\{.*reason="denied".*\} 0/m);
    expect(page).not.toMatch(/s3cr3t/);
  });

  it('is not read through a symlink of the workspace, even inside the same repository', async () => {
    const world = makeTheirs();
    mkdirSync(join(world.workspace, '../.git'));
    writeFileSync(join(world.workspace, '../.git/HEAD'), 'ref: refs/heads/main\n');
    const kept = join(world.workspace, '../kept.mod');
    writeFileSync(kept, readFileSync(world.secret('go.mod')), { mode: 0o600 });
    rmSync(join(world.workspace, 'go.mod'), { force: true });
    symlinkSync('../kept.mod', join(world.workspace, 'go.mod'));
    expect(await (await servedText(world, '{from: none}'))()).not.toMatch(/s3cr3t/);
  });

  it('check as root warns once that the state directory and its baselines belong to another user', async () => {
    const world = makeTheirs();
    const flags = { GOFLAGS: '-trimpath' };
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'x'], flags)).exitCode).toBe(0);
    expect((await godrift(world, ['check'], flags)).stderr).toBe('');
    for (const name of ['', 'targets']) chownSync(join(world.state, name), 65534, 65534);
    const said = `godrift: ${world.state} and the baselines in it belong to uid 65534\n`;
    expect((await godrift(world, ['check'], flags)).stderr).toBe(said);
    // Only once, even if the check also plans a rollback, which reads the state again.
    mkdirSync(join(world.home, '.config/go'), { recursive: true });
    writeFileSync(join(world.home, '.config/go/env'), 'GOFLAGS=-v\n');
    expect((await godrift(world, ['check'])).stderr).toBe(said);
  });

  it('is not read while the owner of the workspace keeps replacing go.mod by a symlink to it', async () => {
    const world = makeTheirs();
    mkdirSync(join(world.workspace, '.git'));
    const swap = `const fs = require('node:fs'); process.chdir(${JSON.stringify(world.workspace)});
      for (let n = 0; ; n++) { fs.symlinkSync(${JSON.stringify(world.secret('token'))}, 'l'); fs.renameSync('l', 'go.mod');
        fs.writeFileSync('f', 'module e.com/x\\n\\ngo 1.21\\n'); fs.renameSync('f', 'go.mod'); if (n === 100) console.log('ready'); }`;
    const swapper = spawn('setpriv', [...nobody, process.execPath, '-e', swap], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    running.push(swapper);
    await new Promise((resolve) => swapper.stdout?.once('data', resolve));
    const text = await servedText(world, '{from: none}', '200ms');
    for (let look = 0; look < 40; look++) expect(await text()).not.toMatch(/s3cr3t/);
  });
});
