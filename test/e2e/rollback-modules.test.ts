/**
 * Edited modules, toolchains and vendor directories are rolled back to the downloaded or committed content,
 * checked with the real go.
 */
import { execFileSync, spawn } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { accept } from '../lab/accepted.ts';
import { eventually, godrift, makeWorld, type World } from '../lab/godrift.ts';
import { makeZip } from '../lab/make-zip.ts';
import { type HandMade, sumLines, writeProxy } from '../lab/module-proxy.ts';
import { ensureToolchain, scratch, type Toolchain } from '../lab/toolchains.ts';
import { homeOf, treeOf } from '../lab/tree.ts';

let toolchain: Toolchain;
beforeAll(async () => {
  toolchain = await ensureToolchain('1.27.4');
});

const module: HandMade = {
  path: 'example.com/Big/b',
  version: 'v1.0.0',
  files: { 'b.go': 'package b\n\nconst V = "as downloaded"\n', 'c/c.go': 'package c\n' },
};
const workspace = {
  'go.mod': `module example.com/app\n\ngo 1.21\n\nrequire ${module.path} ${module.version}\n`,
  'go.sum': sumLines([module]),
  'main.go': `package main\n\nimport b "${module.path}"\n\nfunc main() { println(b.V) }\n`,
};
/** One build cache for all worlds, because all compile the same packages. */
const GOCACHE = scratch('gocache');

interface Site {
  readonly world: World;
  /** The directory into which go unpacked the module. */
  readonly tree: string;
  readonly zip: string;
  readonly go: (...args: string[]) => string;
}

/** A world in which the real go has downloaded the module, with read-only folders as go creates them. */
function makeSite(env: Readonly<Record<string, string>> = {}): Site {
  const base = makeWorld(toolchain, workspace);
  const proxy = join(base.home, 'proxy');
  writeProxy(proxy, [module]);
  const world = { ...base, env: { ...base.env, GOCACHE, GOFLAGS: '-buildvcs=false', ...env } };
  const go = (...args: string[]) =>
    execFileSync('go', args, {
      cwd: world.workspace,
      env: { ...world.env, GOTELEMETRY: 'off', GOPROXY: `file://${proxy}`, GOSUMDB: 'off' },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    }).trim();
  go('mod', 'download', 'all');
  const cache = join(world.home, 'go/pkg/mod');
  return {
    world,
    go,
    tree: join(cache, 'example.com/!big/b@v1.0.0'),
    zip: join(cache, 'cache/download/example.com/!big/b/@v/v1.0.0.zip'),
  };
}

/** Builds and runs the program; returns its output, which println writes to stderr. */
const says = ({ world, go }: Site) => {
  go('build', '-o', join(world.home, 'app'), '.');
  const { stderr } = spawnSyncText(join(world.home, 'app'));
  rmSync(join(world.home, 'app'));
  return stderr.trim();
};

function spawnSyncText(file: string): { readonly stderr: string } {
  return { stderr: execFileSync('/bin/sh', ['-c', `${file} 2>&1`], { encoding: 'utf8' }) };
}

/** Writes into a read-only tree, as an editor does when forced. */
function edit(file: string, text: string): void {
  chmodSync(dirname(file), 0o755);
  rmSync(file, { force: true });
  writeFileSync(file, text, { mode: 0o444 });
  chmodSync(dirname(file), 0o555);
}

const rollback = ({ world }: Site, facet: string, ...args: string[]) =>
  godrift(world, ['rollback', '--facet', facet, ...args]);

describe('an edited module of the module cache', () => {
  it('is replaced by the downloaded content, and nothing else is touched', async () => {
    const site = makeSite();
    await accept(site.world);
    expect(says(site)).toBe('as downloaded');
    const healthy = homeOf(site.world);
    edit(join(site.tree, 'b.go'), 'package b\n\nconst V = "evil"\n');
    edit(join(site.tree, 'c/more.go'), 'package c\n');
    expect(says(site)).toBe('evil');
    const dry = await rollback(site, 'modules', '--dry-run');
    expect(dry.stdout).toContain(`replace-tree  ${site.tree}`);
    expect(dry.stdout).toMatch(/now: {2}a directory of 4 files .*\n.*then: a directory of 3 files/);
    const done = await rollback(site, 'modules', '--yes');
    expect(`${done.stderr}${done.exitCode}`, done.stdout).toBe('0');
    expect(done.stdout).toContain('rollback of modules applied and verified: 1 put back');
    expect(homeOf(site.world)).toEqual(healthy);
    expect(says(site)).toBe('as downloaded');
    expect(site.go('mod', 'verify')).toBe('all modules verified');
    expect((await rollback(site, 'modules', '--dry-run')).stdout).toContain('nothing to put back');
    expect((await godrift(site.world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('stays if its zip is not the approved one, even if ziphash and go.sum agree with that zip', async () => {
    const site = makeSite();
    await accept(site.world);
    const evil = { ...module, files: { 'b.go': 'package b\n\nconst V = "evil"\n' } };
    edit(join(site.tree, 'b.go'), 'package b\n\nconst V = "evil too"\n');
    writeFileSync(
      site.zip,
      makeZip(
        Object.entries(evil.files).map(([name, text]) => ({ name: `${module.path}@v1.0.0/${name}`, text })),
      ),
    );
    writeFileSync(site.zip.replace(/zip$/, 'ziphash'), sumLines([evil]).split(/\s/)[2] as string);
    // go.sum of the working tree agrees with the zip too, but only the approved sum counts.
    writeFileSync(join(site.world.workspace, 'go.sum'), sumLines([evil]));
    const before = treeOf(site.tree);
    const dry = await rollback(site, 'modules', '--dry-run');
    expect(dry.stdout).toContain('its zip is not what was approved');
    await rollback(site, 'modules', '--yes');
    expect(treeOf(site.tree)).toEqual(before);
  });

  it('is not replaced while a go command of this home runs', async () => {
    const site = makeSite();
    await accept(site.world);
    writeFileSync(
      join(site.world.workspace, 'main.go'),
      `package main\n\nimport (\n\t"os"\n\n\tb "${module.path}"\n)\n\nfunc main() { println(b.V); os.Stdin.Read(make([]byte, 1)) }\n`,
    );
    edit(join(site.tree, 'b.go'), 'package b\n\nconst V = "evil"\n');
    const build = spawn('go', ['run', '.'], {
      cwd: site.world.workspace,
      env: { ...site.world.env, GOTELEMETRY: 'off', GOPROXY: 'off' },
      stdio: ['pipe', 'ignore', 'pipe'],
      detached: true,
    });
    try {
      let said = '';
      build.stderr.on('data', (chunk: Buffer) => {
        said += chunk.toString();
      });
      await eventually('the program', async () => said.includes('evil'));
      if (build.exitCode !== null) throw new Error(said);
      const refused = await rollback(site, 'modules', '--yes');
      expect(refused).toMatchObject({
        exitCode: 1,
        stdout: expect.stringContaining('wait until builds are done'),
      });
    } finally {
      if (build.pid !== undefined) process.kill(-build.pid, 'SIGKILL');
      await new Promise((resolve) => (build.exitCode === null ? build.once('exit', resolve) : resolve(null)));
    }
    expect((await rollback(site, 'modules', '--yes')).exitCode).toBe(0);
  });
});

describe('an edited toolchain of the module cache', () => {
  it('is replaced by the content of its zip, which must have the approved digest', async () => {
    const version = 'v0.0.1-go1.21.13.linux-amd64';
    const shared = await ensureToolchain('1.21.13');
    const modcache = dirname(dirname(shared.goroot));
    const world = makeWorld(undefined, {
      ...workspace,
      'main.go': 'package main\n\nfunc main() { println("hi") }\n',
      'go.mod': 'module example.com/app\n\ngo 1.21\n',
      'go.sum': '',
    });
    const goroot = join(world.home, `go/pkg/mod/golang.org/toolchain@${version}`);
    const download = join(world.home, 'go/pkg/mod/cache/download/golang.org/toolchain/@v');
    mkdirSync(dirname(goroot), { recursive: true });
    mkdirSync(download, { recursive: true });
    execFileSync('cp', ['-a', shared.goroot, goroot]);
    for (const end of ['zip', 'ziphash']) {
      const from = join(modcache, `cache/download/golang.org/toolchain/@v/${version}.${end}`);
      try {
        linkSync(from, join(download, `${version}.${end}`));
      } catch {
        copyFileSync(from, join(download, `${version}.${end}`));
      }
    }
    const own: World = { ...world, env: { ...world.env, GOCACHE, PATH: `${goroot}/bin:/usr/bin:/bin` } };
    const site: Site = { world: own, tree: goroot, zip: '', go: () => '' };
    await accept(site.world);
    const healthy = treeOf(goroot);
    const file = join(goroot, 'src/errors/errors.go');
    edit(file, readFileSync(file, 'utf8').replace('return e.s', 'return e.s + "!"'));
    const done = await rollback(site, 'toolchain', '--yes');
    expect(done.stdout).toContain('applied and verified: 1 put back');
    expect(done.exitCode).toBe(0);
    expect(treeOf(goroot)).toEqual(healthy);
    expect(readdirSync(dirname(goroot))).toEqual([`toolchain@${version}`]);
    const say = execFileSync('go', ['version'], { env: own.env, encoding: 'utf8' });
    expect(say).toContain('go1.21.13');
  });
});

/**
 * A world with go1.21.13 in `~/sdk`, unpacked as from its archive, and a symlink `link` to it. `fetch` puts
 * the zip of the release into the module cache.
 */
async function makeSdkSite(): Promise<
  Site & {
    readonly sdk: string;
    readonly link: string;
    readonly download: string;
    readonly fetch: () => void;
  }
> {
  const version = 'v0.0.1-go1.21.13.linux-amd64';
  const shared = await ensureToolchain('1.21.13');
  const world = makeWorld(undefined, { 'go.mod': 'module example.com/app\n\ngo 1.21\n' });
  const sdk = join(world.home, 'sdk/go1.21.13');
  mkdirSync(dirname(sdk), { recursive: true });
  execFileSync('cp', ['-a', shared.goroot, sdk]);
  // Unlike in the module cache, all files are writable by the owner, and go.mod files keep their names.
  const own = ['(', '-name', '_go.mod', '-delete', ')', '-o', '-exec', 'chmod', 'u+w', '{}', '+'];
  execFileSync('find', [sdk, ...own]);
  writeFileSync(join(sdk, '.unpacked-success'), '');
  const link = join(world.home, 'go-in-use');
  symlinkSync(sdk, link);
  const download = join(world.home, 'go/pkg/mod/cache/download/golang.org/toolchain/@v');
  const fetch = () => {
    mkdirSync(download, { recursive: true });
    const from = `cache/download/golang.org/toolchain/@v/${version}.zip`;
    copyFileSync(join(dirname(dirname(shared.goroot)), from), join(download, `${version}.zip`));
    writeFileSync(join(download, `${version}.partial`), '');
  };
  const env = { ...world.env, GOCACHE, GOTOOLCHAIN: 'local', PATH: `${link}/bin:/usr/bin:/bin` };
  return { world: { ...world, env }, tree: sdk, zip: '', go: () => '', sdk, link, download, fetch };
}

describe('an SDK of golang.org/dl', () => {
  it('that was removed is unpacked from the module cache, and the symlink points to it again', async () => {
    const site = await makeSdkSite();
    const { world, sdk, link, fetch } = site;
    await accept(world);
    const healthy = treeOf(world.home, ['state', 'go']);
    rmSync(dirname(sdk), { recursive: true });
    const none = await rollback(site, 'toolchain', '--dry-run');
    expect(none.stdout).toMatch(
      /sdk\/go1\.21\.13 is gone, and its zip is not in the module cache: go install golang\.org\/dl\/go1\.21\.13@latest, then go1\.21\.13 download/,
    );
    fetch();
    rmSync(link);
    symlinkSync(join(world.home, 'another'), link);
    const dry = await rollback(site, 'toolchain', '--dry-run');
    expect(dry.stdout).toMatch(/make-tree {2}.*\n.*now: {2}nothing\n.*then: a directory of \d+ files/);
    expect(existsSync(sdk)).toBe(false);
    // The plan needs both steps: the symlink or the directory alone would not suffice.
    expect(JSON.parse((await rollback(site, 'toolchain', '--dry-run', '--json')).stdout)).toMatchObject({
      steps: [{ kind: 'make-tree', precondition: { kind: 'absent' } }, { kind: 'restore-link' }],
      refusals: [],
    });
    const done = await rollback(site, 'toolchain', '--yes');
    expect(`${done.exitCode}${done.stderr}`, done.stdout).toBe('0');
    expect(done.stdout).toContain('applied and verified: 2 put back');
    expect(treeOf(world.home, ['state', 'go'])).toEqual(healthy);
    expect(execFileSync('go', ['version'], { env: world.env, encoding: 'utf8' })).toContain('go1.21.13');
    expect(execFileSync('go', ['vet', 'errors'], { env: world.env, encoding: 'utf8' })).toBe('');
    const check = await godrift(world, ['check']);
    expect(check.exitCode, check.stdout).toBe(0);
    expect((await godrift(world, ['events', '--verify'])).exitCode).toBe(0);
  });

  it('that was edited is replaced from the zip of the same release in the module cache, laid out as by its download', async () => {
    const site = await makeSdkSite();
    const { world: own, sdk, download, fetch } = site;
    await accept(own);
    const healthy = treeOf(sdk);
    const file = join(sdk, 'src/errors/errors.go');
    writeFileSync(file, readFileSync(file, 'utf8').replace('return e.s', 'return e.s + "!"'));

    // Without a zip, the output gives the reason and the command that downloads one.
    const none = await rollback(site, 'toolchain', '--dry-run');
    expect(none.stdout).toMatch(
      /its zip is not in the module cache: remove .*go1\.21\.13, and go install golang\.org\/dl\/go1\.21\.13@latest, then go1\.21\.13 download/,
    );
    expect(none.exitCode).toBe(1);

    fetch();
    rmSync(join(sdk, '.unpacked-success'));
    rmSync(join(sdk, 'pkg/tool/linux_amd64/compile'));
    const done = await rollback(site, 'toolchain', '--yes');
    expect(done.stdout).toContain('applied and verified: 1 put back');
    expect(done.exitCode).toBe(0);
    expect(treeOf(sdk)).toEqual(healthy);
    expect(readdirSync(dirname(sdk))).toEqual(['go1.21.13']);
    // The .partial mark belongs to the module cache's own directory, which is still incomplete.
    expect(readdirSync(download)).toContain('v0.0.1-go1.21.13.linux-amd64.partial');
    expect(execFileSync('go', ['vet', 'errors'], { env: own.env, encoding: 'utf8' })).toBe('');
  });
});

describe('an edited vendor directory', () => {
  const git = ({ world }: Site, ...args: string[]) =>
    execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args], {
      cwd: world.workspace,
      env: { ...world.env, GIT_CONFIG_NOSYSTEM: '1' },
      encoding: 'utf8',
    });

  it('is rolled back file by file to the committed and approved content, and the edit can be restored', async () => {
    const site = makeSite();
    site.go('mod', 'vendor');
    git(site, 'init', '-q');
    git(site, 'add', '.');
    git(site, 'commit', '-qm', 'one');
    await accept(site.world);
    const { workspace: code } = site.world;
    const healthy = treeOf(join(code, 'vendor'));
    const file = join(code, `vendor/${module.path}/b.go`);
    writeFileSync(file, 'package b\n\nconst V = "evil"\n');
    writeFileSync(join(dirname(file), 'more.go'), 'package b\n');
    rmSync(join(code, 'vendor/modules.txt'));
    const done = await rollback(site, 'modules', '--yes', '--json');
    const answer = JSON.parse(done.stdout);
    expect(answer).toMatchObject({ result: 'applied', left: [], refusals: [] });
    expect(answer.steps.map(({ kind }: { kind: string }) => kind).sort()).toEqual([
      'remove-file',
      'restore-file',
      'restore-file',
    ]);
    expect(treeOf(join(code, 'vendor'))).toEqual(healthy);
    expect(says(site)).toBe('as downloaded');
    expect(git(site, 'status', '--porcelain')).toBe('');
    const back = await rollback(site, 'modules', '--yes', '--to', answer.replaced);
    expect(readFileSync(file, 'utf8'), back.stdout).toContain('evil');
  });

  it('stays if there is no git repository, or HEAD has a different vendor/ than the approved one', async () => {
    const site = makeSite();
    site.go('mod', 'vendor');
    await accept(site.world);
    const file = join(site.world.workspace, `vendor/${module.path}/b.go`);
    const edited = 'package b\n\nconst V = "evil"\n';
    writeFileSync(file, edited);
    expect((await rollback(site, 'modules', '--yes')).stdout).toContain('the code is in no git repository');
    git(site, 'init', '-q');
    git(site, 'add', '.');
    git(site, 'commit', '-qm', 'the edit is what is meant');
    const other = await rollback(site, 'modules', '--yes');
    expect(other).toMatchObject({
      exitCode: 1,
      stdout: expect.stringContaining('HEAD has a different vendor/ than the approved one'),
    });
    expect(readFileSync(file, 'utf8')).toBe(edited);
  });
});
