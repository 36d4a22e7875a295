/** The audit of build caches: realistic damage to the cache of a real go, with sha256sum as the reference. */
import { createHash, randomBytes } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  linkSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  unlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { execa } from 'execa';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  age,
  answer,
  archivesWith,
  type BuildSite,
  damageArchives,
  type Entry,
  entriesIn,
  fileOf,
  makeBuildSite,
  outputsIn,
  overwrite,
  point,
  wrongBySha256sum,
} from '../lab/build-cache.ts';
import {
  eventually,
  godrift,
  makeWorld,
  patienceMs,
  program,
  seriesOf,
  startExporter,
  type World,
} from '../lab/godrift.ts';
import { cloneToolchain, ensureToolchain, hostEnv, onPath, scratch } from '../lab/toolchains.ts';

const go127 = await ensureToolchain('1.27.4');
const script = await onPath('script');
if (script === undefined) console.error('SKIPPED: the progress bar needs script (bsdutils)');

interface Verdict {
  readonly sound: boolean;
  readonly corrupt: readonly {
    output: string;
    package?: string;
    actions: readonly string[];
    producer?: string;
  }[];
  readonly rebound: readonly { action: string; output: string; proof: string }[];
  readonly entries: Readonly<Record<string, number>>;
  readonly unreadable: number;
  readonly oversized: number;
  readonly outputs: number;
  readonly verified: number;
}

async function verify(world: World): Promise<Verdict & { exitCode: number }> {
  const { stdout, stderr, exitCode } = await godrift(world, ['cache', 'verify', '--json']);
  // With exit code 2, stderr explains why nothing can be verified.
  expect(stderr).toMatch(exitCode === 2 ? /^godrift: cannot vouch for / : /^$/);
  return { ...(JSON.parse(stdout) as Verdict), exitCode };
}

describe('a damaged archive', () => {
  it('silently yields a wrong program; godrift reports it, repairs it, and the next build is right', async () => {
    const site = await makeBuildSite(go127);
    expect(await site.build()).toBe(answer);
    expect(await verify(site.world)).toMatchObject({ exitCode: 0, sound: true, corrupt: [] });

    const text = 'x'.repeat(answer.length);
    const bad = damageArchives(site.cache, answer, text);
    expect(bad.length).toBeGreaterThan(0);
    expect(await site.build()).toBe(text);

    const { findings } = JSON.parse((await godrift(site.world, ['check', '--cache', '--json'])).stdout);
    const own = findings.find((one: { summary: string }) =>
      one.summary.includes('package example.com/app/answer'),
    );
    expect(own).toMatchObject({ rule: 'cache-corrupt', level: 'major', facet: 'cache' });
    const verdict = await verify(site.world);
    expect(verdict.corrupt.map(({ output }) => output).sort()).toEqual(wrongBySha256sum(site.cache));
    for (const { output, actions, producer } of verdict.corrupt) {
      expect(producer).toBe(
        `go1.27.4 ${process.platform}/${process.arch === 'x64' ? 'amd64' : process.arch}`,
      );
      const leading = entriesIn(site.cache).filter((one) => one.output === output);
      expect([...actions].sort()).toEqual(leading.map(({ action }) => action).sort());
    }

    const before = entriesIn(site.cache).length;
    const plan = await godrift(site.world, ['cache', 'repair']);
    expect(plan.exitCode).toBe(1);
    expect(plan.stdout).toContain('nothing was changed');
    expect(entriesIn(site.cache).length).toBe(before);
    expect((await godrift(site.world, ['cache', 'repair', '--yes'])).exitCode).toBe(0);
    expect(await verify(site.world)).toMatchObject({ exitCode: 0, sound: true });
    expect(await site.build()).toBe(answer);
    expect(wrongBySha256sum(site.cache)).toEqual([]);
    const events = (await godrift(site.world, ['events'])).stdout;
    expect(events).toMatch(
      /intent .*cache repair[\s\S]*outcome .*cache repair: \d+ removed, 0 healed meanwhile, 0 failed/,
    );
    expect((await godrift(site.world, ['events', '--verify'])).exitCode).toBe(0);
  });
});

describe('an action rebound to the output of another one', () => {
  it('is found and repaired although both outputs match their hashes', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    const [first] = archivesWith(site.cache, answer).filter(({ output }) =>
      readFileSync(fileOf(site.cache, output, 'd')).includes('example.com/app/answer.Answer'),
    );
    const other = answer.replace('0001', '0002');
    site.say(other);
    expect(await site.build()).toBe(other);
    const second = archivesWith(site.cache, other).find(({ size }) => size === first?.size);
    if (first === undefined || second === undefined)
      throw new Error('the package was not found in the cache');

    point(site.cache, second.action, first.output, first.size);
    const verdict = await verify(site.world);
    expect(wrongBySha256sum(site.cache)).toEqual([]);
    expect(verdict).toMatchObject({ exitCode: 1, corrupt: [] });
    expect(verdict.rebound).toMatchObject([
      { action: second.action, output: first.output, proof: 'build-id' },
    ]);
    expect((await godrift(site.world, ['cache', 'repair', '--yes'])).exitCode).toBe(0);
    expect(existsSync(second.file)).toBe(false);
    expect(existsSync(fileOf(site.cache, first.output, 'd'))).toBe(true);
    expect(await site.build()).toBe(other);
    expect((await verify(site.world)).exitCode).toBe(0);
  });
});

describe('twenty kinds of damage', () => {
  let site: BuildSite;
  let archives: Entry[];
  let indexes: Entry[];
  beforeAll(async () => {
    site = await makeBuildSite(go127);
    await site.build();
    archives = [...outputsIn(site.cache, '!<arch>\n')].sort((a, b) => a.size - b.size);
    indexes = [...outputsIn(site.cache, 'go index v2')];
  });

  /**
   * Damage to the content that keeps the size: each of these makes the output corrupt, whatever else it
   * changes.
   */
  const kinds: readonly (readonly [name: string, apply: (file: string, bytes: Buffer) => void])[] = [
    ['the first byte', (file, bytes) => overwrite(file, 0, Buffer.from([(bytes[0] as number) ^ 1]))],
    ['one bit in the middle', (file, bytes) => flip(file, bytes, bytes.length >> 1, 1)],
    ['the last byte', (file, bytes) => flip(file, bytes, bytes.length - 1, 1)],
    ['64 bytes', (file, bytes) => flip(file, bytes, bytes.length >> 1, 64)],
    ['all zeros', (file, bytes) => overwrite(file, 0, Buffer.alloc(bytes.length))],
    ['garbage', (file, bytes) => overwrite(file, 0, randomBytes(bytes.length))],
    ['a hole', (file, bytes) => [truncateSync(file, 0), truncateSync(file, bytes.length)]],
    [
      'zeros from a page on',
      (file, bytes) =>
        overwrite(
          file,
          Math.min(512, bytes.length - 8),
          Buffer.alloc(bytes.length - Math.min(512, bytes.length - 8)),
        ),
    ],
    [
      'another version in its header',
      (file, bytes) => overwrite(file, bytes.indexOf('go1.27.4'), Buffer.from('go1.26.4')),
    ],
    [
      'another build id',
      (file, bytes) => overwrite(file, bytes.indexOf('build id "') + 12, Buffer.from('AAAA')),
    ],
    [
      'upper half and lower half exchanged',
      (file, bytes) =>
        overwrite(
          file,
          0,
          Buffer.concat([bytes.subarray(bytes.length >> 1), bytes.subarray(0, bytes.length >> 1)]),
        ),
    ],
    [
      'a new file in its place',
      (file, bytes) => {
        writeFileSync(`${file}.new`, randomBytes(bytes.length));
        renameSync(`${file}.new`, file);
      },
    ],
    [
      'a hard link to other bytes',
      (file, bytes) => {
        const twin = join(scratch('twin'), 'x');
        writeFileSync(twin, Buffer.alloc(bytes.length, 7));
        unlinkSync(file);
        link(twin, file);
      },
    ],
    [
      'a time of the future',
      (file, bytes) => {
        flip(file, bytes, 200, 1);
        utimesSync(file, Date.now() / 1000 + 1e6, Date.now() / 1000 + 1e6);
      },
    ],
    [
      'its old times',
      (file, bytes) => {
        const { atime, mtime } = statSync(file);
        flip(file, bytes, 300, 2);
        utimesSync(file, atime, mtime);
      },
    ],
    [
      'a file that nobody may write',
      (file, bytes) => {
        flip(file, bytes, 100, 3);
        chmodSync(file, 0o444);
      },
    ],
  ];

  function flip(file: string, bytes: Buffer, at: number, count: number): void {
    overwrite(
      file,
      at,
      bytes.subarray(at, at + count).map((byte) => byte ^ 0xff),
    );
  }

  function link(from: string, to: string): void {
    try {
      linkSync(from, to);
    } catch {
      copyFileSync(from, to);
    }
  }

  it('are all found, exactly as by sha256sum', async () => {
    const hit: string[] = [];
    for (const [index, [, apply]] of kinds.entries()) {
      const { output } = archives[index] as Entry;
      const file = fileOf(site.cache, output, 'd');
      apply(file, readFileSync(file));
      if (statSync(file).mtimeMs > Date.now() - 60_000 && index !== 13) age(file);
      hit.push(output);
    }
    // Also a module index, a small output, the file of a cached executable, and an output shared by two
    // actions.
    for (const { output } of [indexes[0], indexes[1]] as Entry[]) {
      const file = fileOf(site.cache, output, 'd');
      flip(file, readFileSync(file), 40, 1);
      age(file);
      hit.push(output);
    }
    const body = randomBytes(3000);
    const id = createHash('sha256').update(body).digest('hex');
    mkdirSync(fileOf(site.cache, id, 'd'), { recursive: true });
    writeFileSync(
      join(fileOf(site.cache, id, 'd'), 'tool'),
      body.map((byte) => byte ^ 1),
      { mode: 0o755 },
    );
    age(join(fileOf(site.cache, id, 'd'), 'tool'));
    point(site.cache, 'ab'.repeat(32), id, body.length);
    hit.push(id);
    const shared = archives[17] as Entry;
    point(site.cache, 'cd'.repeat(32), shared.output, shared.size);
    flip(
      fileOf(site.cache, shared.output, 'd'),
      readFileSync(fileOf(site.cache, shared.output, 'd')),
      900,
      1,
    );
    age(fileOf(site.cache, shared.output, 'd'));
    hit.push(shared.output);
    expect(new Set(hit).size).toBe(20);

    const verdict = await verify(site.world);
    expect(verdict.corrupt.map(({ output }) => output).sort()).toEqual([...hit].sort());
    expect(wrongBySha256sum(site.cache)).toEqual([...hit].sort());
    expect(verdict.corrupt.find(({ output }) => output === shared.output)?.actions).toHaveLength(2);

    expect((await godrift(site.world, ['cache', 'repair', '--yes'])).exitCode).toBe(0);
    expect(wrongBySha256sum(site.cache)).toEqual([]);
    expect(await site.build()).toBe(answer);
  });

  it('do not include truncated, missing or malformed entries, which go itself rebuilds', async () => {
    // Without the largest output (the runtime), which takes longest to build and shows the same.
    const [cut, empty, gone, garbled, short] = archives.slice(-6, -1) as [Entry, Entry, Entry, Entry, Entry];
    truncateSync(fileOf(site.cache, cut.output, 'd'), cut.size >> 1);
    truncateSync(fileOf(site.cache, empty.output, 'd'), 0);
    unlinkSync(fileOf(site.cache, gone.output, 'd'));
    writeFileSync(garbled.file, 'garbage');
    truncateSync(short.file, 100);
    const { entries, ...verdict } = await verify(site.world);
    expect(verdict).toMatchObject({ exitCode: 0, corrupt: [], rebound: [] });
    expect(entries).toMatchObject({ malformed: 2 });
    expect(entries['dangling']).toBeGreaterThanOrEqual(3);
    expect(await site.build()).toBe(answer);
  });
});

describe('an audit during builds', () => {
  it('gives no false verdict during two hundred builds, four at a time', async () => {
    const site = await makeBuildSite(go127);
    const lanes = 4;
    const each = 50;
    for (let lane = 0; lane < lanes; lane++) mkdirSync(join(site.world.workspace, `lane${lane}`));
    const exporter = await startExporter(site.world, ['--interval', '200ms']);
    let building = true;
    const verdicts: Verdict[] = [];
    try {
      const audits = (async () => {
        while (building) verdicts.push(await verify(site.world));
      })();
      const lane = async (number: number) => {
        for (let round = 0; round < each; round++) {
          writeFileSync(
            join(site.world.workspace, `lane${number}/lane.go`),
            `package lane${number}\n\nvar Round = "${number}/${round}"\n\nfunc F(a, b int) int { return a*${round} + b }\n`,
          );
          const { exitCode, stderr } = await site.go('build', `./lane${number}`);
          expect(exitCode, stderr).toBe(0);
        }
      };
      await Promise.all(Array.from({ length: lanes }, (_, number) => lane(number)));
      building = false;
      await audits;
      await eventually(
        'the exporter to have audited',
        async () => seriesOf(await exporter.metrics(), 'godrift_cache_verified_ratio') === 1,
      );
      const page = await exporter.metrics();
      expect(seriesOf(page, 'godrift_cache_corrupt_outputs')).toBe(0);
      expect(seriesOf(page, 'godrift_cache_rebound_actions')).toBe(0);
    } finally {
      await exporter.stop();
    }
    expect(verdicts.length).toBeGreaterThan(3);
    for (const verdict of verdicts) expect(verdict).toMatchObject({ corrupt: [], rebound: [], exitCode: 0 });
    const { stdout } = await godrift(site.world, ['events', '--json']);
    expect(stdout).not.toMatch(/cache\.(corrupt|rebound)/);
  });
});

describe('an exporter', () => {
  it('finds damage and its repair by itself, and a check reports its findings', async () => {
    const site = await makeBuildSite(go127);
    await site.build();
    expect((await godrift(site.world, ['baseline', 'accept', '--reason', 'healthy'])).exitCode).toBe(0);
    const exporter = await startExporter(site.world, ['--interval', '300ms']);
    try {
      await eventually(
        'the first audit to be through',
        async () => seriesOf(await exporter.metrics(), 'godrift_drift_level', { facet: 'cache' }) === 0,
      );
      expect(await godrift(site.world, ['check'])).toMatchObject({ exitCode: 0 });
      damageArchives(site.cache, answer, 'y'.repeat(answer.length));
      const page = await eventually('the damage on the page', async () => {
        const text = await exporter.metrics();
        return (seriesOf(text, 'godrift_cache_corrupt_outputs') ?? 0) > 0 && text;
      });
      expect(seriesOf(page, 'godrift_conflict_info', { rule: 'cache-corrupt' })).toBe(1);
      expect(seriesOf(page, 'godrift_drift_cause', { facet: 'cache', cause: 'damage' })).toBe(1);
      const { findings, facets } = JSON.parse((await godrift(site.world, ['check', '--json'])).stdout);
      expect(facets.cache).toBe('ok');
      expect(findings.map(({ rule }: { rule: string }) => rule)).toContain('cache-corrupt');
      expect((await godrift(site.world, ['cache', 'repair', '--yes'])).exitCode).toBe(0);
      await eventually('the page to be clean', async () => {
        const text = await exporter.metrics();
        return (
          seriesOf(text, 'godrift_cache_corrupt_outputs') === 0 &&
          seriesOf(text, 'godrift_drift_level', { facet: 'cache' }) === 0
        );
      });
    } finally {
      await exporter.stop();
    }
    const { facets } = JSON.parse((await godrift(site.world, ['check', '--json'])).stdout);
    expect(facets.cache).toBe('not_evaluated');
  });
});

describe('an index of sources', () => {
  it('that is stale is reported, and the suggested repair fixes it', async () => {
    const site = await makeBuildSite(go127);
    const file = join(site.world.workspace, 'p/p.go');
    for (const name of ['p', 'aa', 'bb']) {
      mkdirSync(join(site.world.workspace, name));
      writeFileSync(join(site.world.workspace, name, `${name}.go`), `package ${name}\n`);
    }
    const write = (name: string) => writeFileSync(file, `package p\n\nimport _ "example.com/app/${name}"\n`);
    write('aa');
    // Go does not index files younger than two seconds.
    await execa('find', ['.', '-exec', 'touch', '-d', '2026-01-02 03:04:05.678901234', '{}', '+'], {
      cwd: site.world.workspace,
    });
    expect((await site.go('build', './...')).exitCode).toBe(0);
    const staleOf = async () =>
      JSON.parse((await godrift(site.world, ['check', '--cache', '--json'])).stdout).findings.filter(
        ({ rule }: { rule: string }) => rule === 'cache-stale-index',
      );
    expect(await staleOf()).toEqual([]);

    const { stdout } = await execa('stat', ['-c', '%y', file]);
    write('bb');
    await execa('touch', ['-d', stdout, file]);
    const imports = () => site.go('list', '-f', '{{.Imports}}', './p');
    expect((await imports()).stdout).toBe('[example.com/app/aa]\n');
    const [finding] = await staleOf();
    expect(finding).toMatchObject({ level: 'patch', origin: { path: file } });
    expect(finding.summary).toContain('it still has example.com/app/aa, it lacks example.com/app/bb');
    await execa('sh', ['-c', finding.repair]);
    expect((await imports()).stdout).toBe('[example.com/app/bb]\n');
    expect(await staleOf()).toEqual([]);
  });
});

describe('the tree of a toolchain', async () => {
  const version = '1.21.13';
  const { GOMODCACHE, GOHOSTOS, GOHOSTARCH } = await hostEnv();
  const name = `v0.0.1-go${version}.${GOHOSTOS}-${GOHOSTARCH}`;
  const hash = `cache/download/golang.org/toolchain/@v/${name}.ziphash`;
  const edited = 'src/strings/strings.go';

  it('that was edited is found to differ from the recorded zip hash and from the baseline', async () => {
    const mods = join(scratch('mods'), 'mod');
    const clone = await cloneToolchain(version, join(mods, `golang.org/toolchain@${name}`), {
      own: [edited],
    });
    mkdirSync(dirname(join(mods, hash)), { recursive: true });
    copyFileSync(join(GOMODCACHE, hash), join(mods, hash));
    const world = makeWorld(clone);
    const findings = async (...args: string[]) =>
      JSON.parse((await godrift(world, ['check', '--json', ...args])).stdout).findings as readonly {
        rule: string;
        key: string;
        level: string;
        expected: string;
      }[];
    expect(await findings('--cache')).toEqual([]);
    expect((await godrift(world, ['baseline', 'accept', '--reason', 'healthy'])).exitCode).toBe(0);
    expect(await findings('--cache')).toEqual([]);

    const source = readFileSync(join(clone.goroot, edited));
    writeFileSync(join(clone.goroot, edited), `${source.toString()}\n`);
    expect(await findings('--cache')).toMatchObject([
      { rule: 'changed', key: 'toolchain.digest', level: 'major' },
      { rule: 'toolchain-edited', level: 'major', expected: readFileSync(join(mods, hash), 'utf8').trim() },
    ]);
    // A check without --cache notices the change by the stamps of the files, and repeats the verdict of the
    // last audit.
    expect(await findings()).toMatchObject([
      { rule: 'changed', key: 'toolchain.digest', level: 'major' },
      { rule: 'toolchain-edited', level: 'major' },
    ]);
    writeFileSync(join(clone.goroot, edited), source);
    expect(await findings('--cache')).toEqual([]);
  });
});

describe('a hostile cache', () => {
  it('is audited, reported and repaired without a hang and without following its links', async () => {
    const world = makeWorld(go127);
    const cache = join(world.home, '.cache/go-build');
    const id = (letter: string) => letter.repeat(64);
    const put = (letter: string, kind: 'a' | 'd') => {
      const file = fileOf(cache, id(letter), kind);
      mkdirSync(dirname(file), { recursive: true });
      return file;
    };
    symlinkSync('/etc/passwd', put('1', 'd'));
    symlinkSync('/dev/zero', put('2', 'a'));
    await execa('mkfifo', [put('3', 'd'), put('3', 'a')]);
    mkdirSync(put('4', 'a'));
    mkdirSync(put('5', 'd'));
    writeFileSync(put('6', 'd'), '');
    truncateSync(fileOf(cache, id('6'), 'd'), 10 * 2 ** 30);
    point(cache, id('7'), id('6'), 10 * 2 ** 30);
    writeFileSync(join(cache, '11', 'not hex at all-d'), 'x');
    writeFileSync(join(cache, '11', `${id('8')}-d`), 'in the wrong folder');
    symlinkSync('..', join(cache, '99'));
    writeFileSync(join(cache, 'aa'), 'a file where a folder belongs');
    point(cache, id('b'), id('1'), statSync('/etc/passwd').size);
    point(cache, id('c'), id('3'), 0);
    // Like a cache made by go: a directory that does not look like a build cache is not repaired.
    for (const name of ['README', 'trim.txt']) writeFileSync(join(cache, name), '');
    for (let folder = 0; folder < 256; folder++) {
      const name = join(cache, folder.toString(16).padStart(2, '0'));
      if (!existsSync(name)) mkdirSync(name);
    }
    const { entries, oversized, exitCode, corrupt } = await verify(world);
    expect({ corrupt, oversized, exitCode }).toEqual({ corrupt: [], oversized: 1, exitCode: 1 });
    expect(entries['stranger']).toBe(2);
    // The repair removes links, FIFOs and folders in place of entries, but nothing that the links point to.
    const passwd = readFileSync('/etc/passwd', 'utf8');
    const repair = await godrift(world, ['cache', 'repair', '--yes']);
    expect(repair.exitCode, repair.stdout).toBe(0);
    expect(readFileSync('/etc/passwd', 'utf8')).toBe(passwd);
    expect(existsSync(fileOf(cache, id('1'), 'd'))).toBe(false);
    const text = (await godrift(world, ['cache', 'verify'])).stdout;
    expect(text).toMatch(/oversized|larger than anything/);
    const { facets } = JSON.parse((await godrift(world, ['check', '--cache', '--json'])).stdout);
    expect(facets.cache).toBe('ok');
  });

  it('yields no verdict on entries that vanish during the audit', async () => {
    const site = await makeBuildSite(go127);
    const all = entriesIn(site.cache);
    const vanish = (async () => {
      for (const [index, { file, output }] of all.entries()) {
        rmSync(index % 2 === 0 ? file : fileOf(site.cache, output, 'd'), { force: true, recursive: true });
        if (index % 20 === 0) await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const verdict = await verify(site.world);
    await vanish;
    expect(verdict).toMatchObject({ corrupt: [], rebound: [] });
    expect((await verify(site.world)).exitCode).toBe(0);
  });

  it('is refused in one line if it does not exist or is external (GOCACHEPROG)', async () => {
    const world = makeWorld(go127);
    const missing = await godrift(world, ['cache', 'verify', '--gocache', '/nonexistent/cache']);
    expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
    expect(missing.stderr).toMatch(/^godrift: cannot verify \/nonexistent\/cache: [^\n]+\n$/);
    expect(await godrift(world, ['cache', 'verify'])).toMatchObject({ exitCode: 0 });
    const external = await godrift(world, ['cache', 'verify'], { GOCACHEPROG: '/opt/remote --token=secret' });
    expect(external).toMatchObject({ exitCode: 2 });
    expect(external.stderr).toContain('remote (GOCACHEPROG)');
    expect(external.stderr).not.toContain('secret');
  });
});

describe.skipIf(script === undefined)('the progress bar', () => {
  it('is shown on a terminal only', async () => {
    const world = makeWorld(go127);
    const cache = join(world.home, '.cache/go-build');
    for (let count = 1; count <= 24; count++) {
      const body = Buffer.alloc(16 * 2 ** 20);
      body[0] = count;
      const id = createHash('sha256').update(body).digest('hex');
      mkdirSync(dirname(fileOf(cache, id, 'd')), { recursive: true });
      // All zeros but the first byte: a sparse file takes no time to write.
      writeFileSync(fileOf(cache, id, 'd'), body.subarray(0, 1));
      truncateSync(fileOf(cache, id, 'd'), body.length);
      point(cache, createHash('sha256').update(id).digest('hex'), id, body.length);
    }
    const run = await execa(
      script as string,
      ['-qec', `${process.execPath} ${program} cache verify`, '/dev/null'],
      {
        cwd: world.workspace,
        env: { ...world.env, TERM: 'xterm' },
        extendEnv: false,
        stdin: 'ignore',
        timeout: patienceMs,
      },
    );
    expect(run.stdout).toMatch(/outputs \[#*-*\] \d+ %/);
    expect(run.stdout).toMatch(/ok.*every output/);
    expect((await godrift(world, ['cache', 'verify'])).stderr).toBe('');
  });
});
