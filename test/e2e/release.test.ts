/**
 * The files of a release, installed as a new user would: the npm package in an empty directory, and the
 * tarball with its own Node by install.sh, in a home without Node. Two builds of a release must have the same
 * bytes.
 *
 * With GODRIFT_INSTALL=all the second build includes the tarballs of both architectures, and install.sh also
 * runs in an empty root (debootstrap).
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../lab/eventually.ts';
import { freePorts } from '../lab/ports.ts';
import { onPath, scratch } from '../lab/toolchains.ts';

const top = join(import.meta.dirname, '../..');
const all = process.env['GODRIFT_INSTALL'] === 'all';
const debootstrap = await onPath('debootstrap');
const { version } = JSON.parse(readFileSync(join(top, 'package.json'), 'utf8'));
const arch = process.arch === 'arm64' ? 'arm64' : 'x64';
const tarball = `godrift-${version}-linux-${arch}.tar.gz`;
const release = scratch('release');

const make = (output: string, architectures: string, env: Readonly<Record<string, string>> = {}) =>
  execa(process.execPath, ['scripts/release.js', '--output', output, '--arch', architectures], {
    cwd: top,
    env,
  });

beforeAll(async () => {
  await make(release, all ? 'x64,arm64' : arch);
});

/** Returns all names below a folder, sorted. */
const namesBelow = (folder: string) => readdirSync(folder, { recursive: true }).map(String).sort();

describe('a release', () => {
  it('has the same bytes if it is built again in another directory, language and time zone', async () => {
    const again = scratch('release-again');
    // Another directory for temporary files, as on another machine.
    const TMPDIR = scratch('elsewhere');
    await make(again, all ? 'x64,arm64' : '', { TMPDIR, TZ: 'Asia/Kathmandu', LANG: 'C.UTF-8' });
    expect(namesBelow(again)).toContain('SHA256SUMS');
    for (const name of namesBelow(again))
      if (name !== 'SHA256SUMS' || all)
        expect(readFileSync(join(again, name)).equals(readFileSync(join(release, name))), name).toBe(true);
  });

  it('consists of exactly the files in SHA256SUMS, with those digests', async () => {
    await execa('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: release });
    const named = readFileSync(join(release, 'SHA256SUMS'), 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => line.slice(66));
    expect(named).toEqual(namesBelow(release).filter((name) => name !== 'SHA256SUMS'));
  });

  it('has a bill of materials with every package of the bundle and its license', () => {
    const bill = JSON.parse(readFileSync(join(release, `godrift-${version}.cdx.json`), 'utf8'));
    expect(bill).toMatchObject({ bomFormat: 'CycloneDX', metadata: { component: { version } } });
    expect(bill.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const names = bill.components.map(({ name }: { name: string }) => name);
    for (const name of ['commander', 'hono', 'zod', 'node']) expect(names).toContain(name);
    expect(names).not.toContain('vitest');
    for (const { purl, licenses, type } of bill.components) {
      expect(purl).toMatch(/^pkg:/);
      if (type === 'library') expect(licenses, purl).toHaveLength(1);
    }
  });
});

describe('the npm package', () => {
  const file = join(release, `godrift-${version}.tgz`);

  it('passes publint, with provenance and without dependencies or scripts', async () => {
    const run = await execa(join(top, 'node_modules/.bin/publint'), ['run', file, '--strict'], {
      reject: false,
      all: true,
    });
    expect(run.all).toContain('All good!');
    expect(run.exitCode).toBe(0);
    const { stdout } = await execa('tar', ['-xzOf', file, 'package/package.json']);
    const manifest = JSON.parse(stdout);
    // Provenance is verified against the repository field. Without dependencies, nothing else is downloaded.
    expect(manifest).toMatchObject({ repository: { type: 'git' }, publishConfig: { provenance: true } });
    expect(manifest).not.toHaveProperty('dependencies');
    expect(manifest).not.toHaveProperty('scripts');
  });

  it('installs offline in an empty directory, without scripts or other packages, and runs with npx', async () => {
    const folder = scratch('npm');
    const env = { HOME: folder, PATH: process.env['PATH'] ?? '', npm_config_offline: 'true' };
    const options = { cwd: folder, env, extendEnv: false } as const;
    await execa('npm', ['install', '--ignore-scripts', '--no-audit', '--no-fund', file], options);
    expect(readdirSync(join(folder, 'node_modules')).filter((name) => !name.startsWith('.'))).toEqual([
      'godrift',
    ]);
    const { stdout } = await execa('npx', ['--no-install', 'godrift', 'version'], options);
    expect(stdout).toMatch(`godrift ${version} `);
    writeFileSync(join(folder, 'go.mod'), 'module example.com/app\n\ngo 1.21\n');
    const check = await execa('npx', ['--no-install', 'godrift'], { ...options, reject: false });
    expect(check.stdout).toContain('godrift serve');
    expect(check.exitCode).toBeLessThan(2);
    const held = namesBelow(join(folder, 'node_modules/godrift'));
    expect(held).toContain('docs/godrift.1');
    expect(held.filter((name) => /(^|\/)(test|src|node_modules|\.git)\/|\.cache$/.test(name))).toEqual([]);
  });
});

/** System programs that install.sh may use. Node is not among them. */
const used = [
  'sh',
  'tar',
  'gzip',
  'sha256sum',
  'readlink',
  'dirname',
  'basename',
  'mktemp',
  'mkdir',
  'rmdir',
  'rm',
  'mv',
  'cp',
  'ln',
];
const alsoUsed = ['uname', 'id', 'cut', 'awk', 'grep', 'sort', 'cat', 'head', 'chmod', 'env', 'sed'];

describe.skipIf(process.platform !== 'linux')('install.sh', () => {
  const bin = scratch('system');
  beforeAll(async () => {
    for (const name of [...used, ...alsoUsed]) symlinkSync((await onPath(name)) as string, join(bin, name));
  });

  const runIn = (home: string, args: readonly string[], from = release) =>
    // Always the prefix of an ordinary user, even if root runs the tests.
    execa(join(bin, 'sh'), [join(from, 'install.sh'), `--prefix=${join(home, '.local')}`, ...args], {
      cwd: home,
      env: { HOME: home, PATH: bin, TMPDIR: tmpdir() },
      extendEnv: false,
      reject: false,
    });

  it('installs for one user without Node, installs over itself, and leaves no files after --uninstall', async () => {
    const home = scratch('home');
    mkdirSync(join(home, '.local/share'), { recursive: true });
    const before = namesBelow(home);
    const first = await runIn(home, []);
    expect(first.stderr).toBe('');
    expect(first.stdout).toMatch(`installed godrift ${version} `);
    const program = join(home, '.local/bin/godrift');
    const options = { cwd: home, env: { HOME: home, PATH: bin }, extendEnv: false, reject: false } as const;
    expect((await execa(program, ['version', '--json'], options)).stdout).toContain('v24.');
    // man searches this directory.
    expect(readFileSync(join(home, '.local/share/man/man1/godrift.1'), 'utf8')).toContain('.TH GODRIFT 1');
    const cached = readdirSync(join(home, '.local/lib/godrift/lib/package/dist')).filter((one) =>
      one.endsWith('.cache'),
    );
    expect(cached).toHaveLength(1);

    expect((await runIn(home, [join(release, tarball)])).stderr).toBe('');
    const gone = await runIn(home, ['--uninstall']);
    expect([gone.exitCode, gone.stderr]).toEqual([0, '']);
    expect(namesBelow(home)).toEqual(before);
  });

  it('keeps the state directory on --uninstall and removes it with --purge', async () => {
    const home = scratch('home');
    const state = join(home, '.local/state/godrift');
    mkdirSync(state, { recursive: true });
    writeFileSync(join(state, 'godrift-state'), '');
    // The mark of an installation, without its other files.
    const uninstall = async (...args: string[]) => {
      mkdirSync(join(home, '.local/lib/godrift'), { recursive: true });
      writeFileSync(join(home, '.local/lib/godrift/.installed'), '');
      return (await runIn(home, ['--uninstall', ...args])).stdout;
    };
    expect(await uninstall()).toContain(`stays in ${state}`);
    expect(existsSync(join(state, 'godrift-state'))).toBe(true);
    expect(await uninstall('--purge')).toMatch(/^removed godrift/);
    expect(existsSync(state)).toBe(false);
  });

  it.each([
    [
      'a damaged tarball',
      'is damaged or not what was released',
      (copy: string) => writeFileSync(join(copy, tarball), 'x', { flag: 'a' }),
    ],
    [
      'a tarball that SHA256SUMS does not name',
      'does not name',
      (copy: string) => writeFileSync(join(copy, 'SHA256SUMS'), ''),
    ],
    [
      'to overwrite a program that it did not install',
      'is there and not of this script',
      (_: string, home: string) => {
        mkdirSync(join(home, '.local/bin'), { recursive: true });
        writeFileSync(join(home, '.local/bin/godrift'), 'mine');
      },
    ],
    [
      'to overwrite a folder that it did not create',
      'no installation of this script',
      (_: string, home: string) => mkdirSync(join(home, '.local/lib/godrift'), { recursive: true }),
    ],
  ] as const)('refuses %s, and changes nothing', async (_, why, spoil) => {
    const [copy, home] = [scratch('copy'), scratch('home')];
    await execa('cp', ['-r', `${release}/.`, copy]);
    spoil(copy, home);
    const before = namesBelow(home);
    const run = await runIn(home, [], copy);
    expect(run.stderr).toContain(why);
    expect([run.exitCode, run.stdout]).toEqual([2, '']);
    expect(namesBelow(home)).toEqual(before);
  });

  it('refuses a tarball with unexpected names even if its digest is right', async () => {
    const [copy, home] = [scratch('copy'), scratch('home')];
    await execa('cp', [join(release, 'install.sh'), copy]);
    writeFileSync(join(copy, 'stray'), '');
    await execa('tar', ['-czf', tarball, 'stray'], { cwd: copy });
    const sums = await execa('sha256sum', [tarball], { cwd: copy });
    writeFileSync(join(copy, 'SHA256SUMS'), `${sums.stdout}\n`);
    expect((await runIn(home, [], copy)).stderr).toContain('holds names that do not belong to it');
    expect(namesBelow(home)).toEqual([]);
  });

  it.each([
    [['--frob'], 'unknown option --frob'],
    [['godrift-0.1.0-linux-sparc.tar.gz'], 'there is no godrift-0.1.0-linux-sparc.tar.gz'],
    [['--uninstall'], 'there is no godrift of a tarball'],
    [['--prefix'], '--prefix needs a value'],
  ])('exits with 2 and an error message for %j', async (args, why) => {
    const run = await runIn(scratch('home'), args);
    expect(run.stderr).toMatch(`install.sh: ${why}`);
    expect(run.exitCode).toBe(2);
  });

  /** Returns the milliseconds from the start of the installed exporter to its first page. */
  async function firstPage(root: string, state: string): Promise<number> {
    const [port = 0] = await freePorts(1);
    const args = ['serve', `--web.listen-address=127.0.0.1:${port}`, `--state-directory=${state}`];
    const start = performance.now();
    const exporter = execa(
      'chroot',
      [root, 'env', '-i', 'HOME=/root', 'PATH=/usr/bin:/bin', '/usr/local/bin/godrift', ...args],
      { reject: false, all: true, stdin: 'ignore' },
    );
    try {
      await eventually('the first page', async () => {
        const response = await fetch(`http://127.0.0.1:${port}/metrics`);
        return response.ok && (await response.text()).includes('godrift_target_info{');
      });
      return Math.round(performance.now() - start);
    } finally {
      exporter.kill('SIGTERM');
      const { exitCode, all: said } = await exporter;
      expect(exitCode, said).toBe(0);
    }
  }

  async function installsInAnEmptyRoot(): Promise<void> {
    const root = scratch('root');
    await execa(debootstrap as string, ['--variant=minbase', 'bookworm', root], { timeout: 900_000 });
    for (const name of [tarball, 'SHA256SUMS', 'install.sh'])
      await execa('cp', [join(release, name), join(root, basename(name))]);
    const inside = (...args: string[]) =>
      execa('chroot', [root, 'env', '-i', 'HOME=/root', 'PATH=/usr/bin:/bin', ...args], { reject: false });
    const find = () =>
      inside('find', '/', '-xdev', '-not', '-path', '/proc/*').then(({ stdout }) =>
        stdout.split('\n').sort(),
      );
    const before = await find();
    expect((await inside('sh', '/install.sh')).stderr).toBe('');
    expect((await inside('/usr/local/bin/godrift', 'version')).stdout).toContain(version);
    const { stdout: size } = await inside('du', '-sm', '/usr/local/lib/godrift');
    const first = await firstPage(root, '/tmp/state');
    const second = await firstPage(root, '/tmp/state');
    await inside('rm', '-r', '/tmp/state');
    console.log(
      `empty root: ${size.split('\t')[0]} MB; first page after ${first} ms, at the second start ${second} ms`,
    );
    expect((await inside('sh', '/install.sh', '--uninstall')).exitCode).toBe(0);
    expect(await find()).toEqual(before);
  }

  // Only with GODRIFT_INSTALL=all, because debootstrap downloads a whole system.
  if (all && debootstrap !== undefined && process.getuid?.() === 0)
    it(
      'installs as root in an empty root file system, serves, and uninstalls without a trace',
      installsInAnEmptyRoot,
    );
});
